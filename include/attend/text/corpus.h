// A corpus as a task sees it: pairs of lines with their prefixes, less those that are kept for validation, and less those of
// weight 0.
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
  double held_out = 0.0;                     // share of the pairs kept for validation
  bool validation = false;                   // those, instead of the others
};

// True for a pair that is kept for validation: when a hash of both lines, which does not know their order nor where
// they stand, is below the share. So a pair that comes twice, or in the other direction, stays on one side, and more
// text moves nothing.
bool is_held_out(std::string_view source, std::string_view target, double share);

class CorpusReader {
 public:
  explicit CorpusReader(const Corpus& corpus) : corpus_(corpus), pairs_(corpus.files) {}
  bool next(std::string& source, std::string& target);
  std::int64_t line_number() const { return pairs_.line_number(); }
  double weight() const { return pairs_.weight(); }  // of the last pair
  std::int64_t weightless() const { return weightless_; }  // pairs left out so far because their weight is 0

 private:
  bool is_here(const std::string& source, const std::string& target) const;

  Corpus corpus_;
  PairReader pairs_;
  std::int64_t weightless_ = 0;
};

// Gives lines one after the other, as LineReader::next does.
using LineSource = std::function<bool(std::string& line)>;
enum class Side { source, target };
// One side of all corpora, then the next one: what a tokenizer is trained on.
LineSource lines_of(std::vector<Corpus> corpora, std::vector<Side> sides);
LineSource lines_of(std::vector<std::filesystem::path> files);

}  // namespace attend
