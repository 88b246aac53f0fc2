#include "attend/metrics/banded_edit_distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace attend {
namespace {

constexpr std::int32_t kFar = std::numeric_limits<std::int32_t>::max() / 2;  // outside the band
constexpr double kBand = 25;

}  // namespace

BandedEditDistance::BandedEditDistance(const Words& reference, std::size_t hypothesis_length)
    : reference_(reference) {
  const auto columns = static_cast<std::int64_t>(reference.size()) + 1;
  rows_.push_back({0, columns, 0});
  std::size_t end = reference.size() + 1;
  // Where the diagonal crosses a row is rounded down from fp64, as sacreBLEU does.
  const double slope = static_cast<double>(reference.size()) /
                       static_cast<double>(std::max<std::size_t>(1, hypothesis_length));
  const auto band = static_cast<std::int64_t>(kBand < slope / 2 ? std::ceil(slope / 2 + kBand) : kBand);
  for (std::size_t row = 1; row <= hypothesis_length; ++row) {
    const auto diagonal = static_cast<std::int64_t>(std::floor(static_cast<double>(row) * slope));
    const bool is_last = row == hypothesis_length;
    const std::int64_t first = std::max<std::int64_t>(0, diagonal - band);
    const std::int64_t last = is_last ? columns : std::min(columns, diagonal + band);
    rows_.push_back({first, last, end});
    end += static_cast<std::size_t>(last - first);
  }
  cells_.resize(end);
  std::iota(cells_.begin(), cells_.begin() + columns, 0);
}

std::int32_t BandedEditDistance::cell(std::size_t row, std::int64_t column) const {
  const Row& here = rows_[row];
  if (column < here.first || column >= here.last) return kFar;
  return cells_[here.begin + static_cast<std::size_t>(column - here.first)];
}

// `above` are the cells of the row before; `cells` has room for this one.
void BandedEditDistance::fill_row(std::size_t row, std::int32_t word, const std::int32_t* above,
                                  std::int32_t* cells) const {
  const Row &here = rows_[row], &before = rows_[row - 1];
  const auto cell_above = [&](std::int64_t column) {
    return column >= before.first && column < before.last ? above[column - before.first] : kFar;
  };
  std::int32_t left = kFar, diagonal = cell_above(here.first - 1);
  for (std::int64_t column = here.first; column < here.last; ++column) {
    const bool equal = column > 0 && reference_[static_cast<std::size_t>(column - 1)] == word;
    const std::int32_t up = cell_above(column);
    left = std::min({diagonal + (equal ? 0 : 1), up + 1, left + 1});
    diagonal = up;
    *cells++ = left;
  }
}

std::int64_t BandedEditDistance::solve(const Words& hypothesis) {
  hypothesis_ = hypothesis;
  for (std::size_t row = 1; row < rows_.size(); ++row)
    fill_row(row, hypothesis[row - 1], &cells_[rows_[row - 1].begin], &cells_[rows_[row].begin]);
  return cells_.back();
}

std::int64_t BandedEditDistance::distance(const Words& hypothesis, std::size_t same) {
  const std::int32_t* above = &cells_[rows_[same].begin];
  for (std::size_t row = same + 1; row < rows_.size(); ++row) {
    std::vector<std::int32_t>& cells = scratch_[row % 2];
    cells.resize(static_cast<std::size_t>(rows_[row].last - rows_[row].first));
    fill_row(row, hypothesis[row - 1], above, cells.data());
    above = cells.data();
  }
  return above[rows_.back().last - rows_.back().first - 1];
}

// From the end to the beginning. Of ways as short a match or substitution goes before a deletion, that before
// an insertion.
BandedEditDistance::Alignment BandedEditDistance::alignment() const {
  Alignment result{std::vector<std::int64_t>(reference_.size()), std::vector<bool>(reference_.size()),
                   std::vector<bool>(hypothesis_.size())};
  std::size_t i = hypothesis_.size(), j = reference_.size();
  while (i > 0 || j > 0) {
    const auto column = static_cast<std::int64_t>(j);
    const std::int32_t cost = cell(i, column);
    const bool both = i > 0 && j > 0;
    const bool equal = both && hypothesis_[i - 1] == reference_[j - 1];
    const bool diagonal = both && cell(i - 1, column - 1) + (equal ? 0 : 1) == cost;
    const bool deletion = !diagonal && i > 0 && cell(i - 1, column) + 1 == cost;
    if (!deletion) {
      --j;
      result.place[j] = static_cast<std::int64_t>(i) - 1;
      result.reference_error[j] = !equal || !diagonal;
    }
    if (diagonal || deletion) {
      --i;
      result.hypothesis_error[i] = deletion || !equal;
    }
  }
  return result;
}

}  // namespace attend
