// Pairs of lines: two files with as many lines, or one file with a tab between source and target. Plain or gzip. A pair may
// have a weight: a number in a third column, or in a line of a file of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/line_reader.h"

namespace attend {

// Of weights that are not 0. Smaller ones vanish in single precision when losses and gradients are multiplied by them.
inline constexpr double kLeastPairWeight = 1e-9, kMostPairWeight = 1e9;

// Where pairs come from: `tsv`, or the other two; and where their weights do, if they have any.
struct PairFiles {
  std::filesystem::path source, target, tsv;
  std::filesystem::path weights = {};
  bool weight_column = false;
  bool weighted() const { return weight_column || !weights.empty(); }
  bool operator==(const PairFiles&) const = default;
  std::vector<std::filesystem::path> all() const;
};
// "train.en and train.de", "train.tsv"
std::string describe(const PairFiles& files);

// Pairs one after the other, so that no text need fit into memory. DataError at once for a missing file, at the line
// for a line without exactly one tab (two with a weight) and for a weight that is none, at the end for unequal numbers of lines
// (with both) and for no lines at all.
class PairReader {
 public:
  explicit PairReader(const PairFiles& files);
  // False when there is none left.
  bool next(std::string& source, std::string& target);
  // Of the last pair, counted from 1.
  std::int64_t line_number() const { return first_.line_number(); }
  // Of the last pair; 1 where pairs have none.
  double weight() const { return weight_; }

 private:
  bool next_of_two(std::string& source, std::string& target);
  bool next_of_tsv(std::string& source, std::string& target);
  [[noreturn]] void refuse_unequal();
  [[noreturn]] void refuse_tabs(std::ptrdiff_t tabs) const;
  // Reads the weight of the pair that was read, or that there is no further one.
  void next_weight(bool has_pair);
  void take_weight(std::string_view text, const LineReader& from);

  PairFiles files_;
  LineReader first_;                     // of sources, or of the TSV
  std::unique_ptr<LineReader> second_, third_;  // of targets, of weights
  double weight_ = 1.0;
};

struct ParallelText {
  std::vector<std::string> source, target;  // equal sizes
};
ParallelText read_parallel_text(const PairFiles& files);

}  // namespace attend
