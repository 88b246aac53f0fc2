// The Levenshtein distance of words as TER computes it: within a band around the diagonal of the table, 25 columns to
// either side, and more when the lengths differ greatly.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace attend {

using Words = std::vector<std::int32_t>;  // equal words have equal numbers

// Computes distances between one reference, which must outlive this object, and hypotheses of one length. It keeps the
// table of the hypothesis last given to solve(). Memory is linear in the lengths.
class BandedEditDistance {
 public:
  BandedEditDistance(const Words& reference, std::size_t hypothesis_length);

  // Which words of hypothesis and reference correspond on the best way through the table. `place` has for each
  // reference word the index of the hypothesis word that it matches or follows, or -1. The flags mark words that have
  // no match.
  struct Alignment {
    std::vector<std::int64_t> place;
    std::vector<bool> reference_error, hypothesis_error;
  };

  std::int64_t solve(const Words& hypothesis);
  Alignment alignment() const;
  // Returns the distance of another hypothesis with as many words as the solved one; its first `same` words must be
  // unchanged. The table stays as it is.
  std::int64_t distance(const Words& hypothesis, std::size_t same);

 private:
  struct Row {
    std::int64_t first, last;  // columns first .. last - 1; column i stands for the first i reference words
    std::size_t begin;         // where these columns start in cells_
  };
  std::int32_t cell(std::size_t row, std::int64_t column) const;
  void fill_row(std::size_t row, std::int32_t word, const std::int32_t* above, std::int32_t* cells) const;

  const Words& reference_;
  Words hypothesis_;
  std::vector<Row> rows_;  // one for each prefix of the hypothesis
  std::vector<std::int32_t> cells_;
  std::array<std::vector<std::int32_t>, 2> scratch_;  // two rows for distance()
};

}  // namespace attend
