// Levenshtein distance of words, as TER looks for it: in a band around the diagonal of the table, 25 columns
// to either side, more where the lengths are very different.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace attend {

using Words = std::vector<std::int32_t>;  // equal words have equal numbers

// Between one reference, which must outlive it, and hypotheses of one length. It keeps the table of the
// hypothesis last given to solve(); its memory is linear in the lengths.
class BandedEditDistance {
 public:
  BandedEditDistance(const Words& reference, std::size_t hypothesis_length);

  // How hypothesis and reference belong together on the best way through the table.
  struct Alignment {
    std::vector<std::int64_t>
        place;  // of each reference word: the hypothesis word it goes with, or follows; or -1
    std::vector<bool> reference_error, hypothesis_error;  // words that are not matched
  };

  std::int64_t solve(const Words& hypothesis);
  Alignment alignment() const;
  // Of words as many as those solved, the first `same` of them unchanged. The table stays.
  std::int64_t distance(const Words& hypothesis, std::size_t same);

 private:
  struct Row {
    std::int64_t first, last;  // columns first..last-1 of the table, one for each prefix of the reference
    std::size_t begin;         // where they are in cells_
  };
  std::int32_t cell(std::size_t row, std::int64_t column) const;
  void fill_row(std::size_t row, std::int32_t word, const std::int32_t* above, std::int32_t* cells) const;

  const Words& reference_;
  Words hypothesis_;
  std::vector<Row> rows_;  // one for each prefix of the hypothesis
  std::vector<std::int32_t> cells_;
  std::array<std::vector<std::int32_t>, 2> scratch_;  // two rows of distance()
};

}  // namespace attend
