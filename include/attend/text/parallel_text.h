// Pairs of lines: two files with equally many lines, or one file with a tab between source and target, plain or gzip. A
// pair may have a weight: a number in a third column, or in the same line of a separate file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/line_reader.h"

namespace attend {

// The limits of weights other than 0. Smaller weights would vanish in single precision when they multiply losses and
// gradients.
inline constexpr double kLeastPairWeight = 1e-9, kMostPairWeight = 1e9;

// The files that pairs come from, `tsv` or `source` and `target`, and the source of their weights, if they have any:
// the file `weights` or a column of `tsv`.
struct PairFiles {
  std::filesystem::path source, target, tsv;
  std::filesystem::path weights = {};
  bool weight_column = false;
  bool weighted() const { return weight_column || !weights.empty(); }
  bool operator==(const PairFiles&) const = default;
  std::vector<std::filesystem::path> all() const;
};
// Returns "train.en and train.de" or "train.tsv".
std::string describe(const PairFiles& files);

// Reads pairs one after the other, so a text may be larger than memory. Throws DataError at once for a missing file; at
// the line for a wrong number of tabs (expected: one, or two with a weight) or an invalid weight; and at the end when
// the files have different numbers of lines (the message names both) or no lines at all.
class PairReader {
 public:
  explicit PairReader(const PairFiles& files);
  // Stores the next pair. Returns false when there is none left.
  bool next(std::string& source, std::string& target);
  // Returns the line of the last pair, counted from 1.
  std::int64_t line_number() const { return first_.line_number(); }
  // Returns the weight of the last pair; 1 when pairs have no weights.
  double weight() const { return weight_; }

 private:
  bool next_of_two(std::string& source, std::string& target);
  bool next_of_tsv(std::string& source, std::string& target);
  [[noreturn]] void refuse_unequal();
  [[noreturn]] void refuse_tabs(std::ptrdiff_t tabs) const;
  // Reads the weight of the pair just read or, after the last pair, checks that no weight is left.
  void next_weight(bool has_pair);
  void take_weight(std::string_view text, const LineReader& from);

  PairFiles files_;
  LineReader first_;                            // sources, or the TSV
  std::unique_ptr<LineReader> second_, third_;  // targets; weights
  double weight_ = 1.0;
};

struct ParallelText {
  std::vector<std::string> source, target;  // equal sizes
};
ParallelText read_parallel_text(const PairFiles& files);

}  // namespace attend
