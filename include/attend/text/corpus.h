// A corpus as a task sees it: pairs of lines with their prefixes, without the pairs that are kept for validation and
// without the pairs of weight 0.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "attend/text/parallel_text.h"

namespace attend {

struct Corpus {
  std::string name;
  PairFiles files;
  std::string source_prefix, target_prefix;  // put before each line that is not blank, with a space between
  double held_out = 0.0;                     // share of the pairs that is kept for validation
  bool validation = false;                   // read the pairs kept for validation instead of the others
};

// True for a pair that is kept for validation: a hash of both lines is below the share. The hash does not depend on the
// order of the two lines or on their place. So a pair that occurs twice, or in the other direction, stays on one side,
// and added text does not move other pairs.
bool is_held_out(std::string_view source, std::string_view target, double share);

class CorpusReader {
 public:
  explicit CorpusReader(const Corpus& corpus) : corpus_(corpus), pairs_(corpus.files) {}
  bool next(std::string& source, std::string& target);
  std::int64_t line_number() const { return pairs_.line_number(); }
  double weight() const { return pairs_.weight(); }        // weight of the last pair
  std::int64_t weightless() const { return weightless_; }  // pairs left out so far because their weight is 0

 private:
  bool is_here(const std::string& source, const std::string& target) const;

  Corpus corpus_;
  PairReader pairs_;
  std::int64_t weightless_ = 0;
};

// Stores the next line and returns true; returns false when there is none left, as LineReader::next does.
using LineSource = std::function<bool(std::string& line)>;
enum class Side { source, target };
// Gives the lines that a tokenizer is trained on: one side of all corpora, then the next side.
LineSource lines_of(std::vector<Corpus> corpora, std::vector<Side> sides);
LineSource lines_of(std::vector<std::filesystem::path> files);

}  // namespace attend
