// Pairs of lines: two files with as many lines, or one file with a tab between source and target. Plain or gzip.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attend/text/line_reader.h"

namespace attend {

// Where pairs come from: `tsv`, or the other two.
struct PairFiles {
  std::filesystem::path source, target, tsv;
  bool operator==(const PairFiles&) const = default;
  std::vector<std::filesystem::path> all() const;
};
// "train.en and train.de", "train.tsv"
std::string describe(const PairFiles& files);

// Pairs one after the other, so that no text need fit into memory. DataError at once for a missing file, at the line
// for a line without exactly one tab, at the end for unequal numbers of lines (with both) and for no lines at all.
class PairReader {
 public:
  explicit PairReader(const PairFiles& files);
  // False when there is none left.
  bool next(std::string& source, std::string& target);
  // Of the last pair, counted from 1.
  std::int64_t line_number() const { return first_.line_number(); }

 private:
  bool next_of_two(std::string& source, std::string& target);
  bool next_of_tsv(std::string& source, std::string& target);
  [[noreturn]] void refuse_unequal();

  PairFiles files_;
  LineReader first_;                     // of sources, or of the TSV
  std::unique_ptr<LineReader> second_;  // of targets
};

struct ParallelText {
  std::vector<std::string> source, target;  // equal sizes
};
ParallelText read_parallel_text(const PairFiles& files);

}  // namespace attend
