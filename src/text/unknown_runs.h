// Where a long text may be cut so that SentencePiece makes the same of its parts as of the whole. It glues the unknown
// characters of a run together one by one, which costs the square of their number, so runs are cut.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "subwords.h"

namespace attend {

class UnknownRuns {
 public:
  explicit UnknownRuns(SubwordModel model);
  // The parts of a text in order; of a short one, and of a model that spells unknown characters in bytes, the text
  // alone. Both sides of a cut are characters that no piece holds, before and after normalisation. DataError for a text
  // that normalisation makes more than twelve times as long.
  std::vector<std::string_view> parts(std::string_view text) const;

 private:
  // What the normaliser takes at once, and what it makes of it.
  struct Step {
    std::size_t bytes = 0;
    std::string_view made;
  };
  Step step(std::string_view text) const;
  Step longest_rule(std::string_view text) const;
  bool is_in_no_piece(std::string_view made) const;

  bool spells_bytes_ = false;
  std::size_t uncut_bytes_ = 4096;  // of a text that is left whole: fewer, where the normaliser makes texts long
  std::string charsmap_;
  std::string_view trie_, texts_;  // of charsmap_
  std::unordered_set<char32_t> known_;
  Subwords subwords_;
};

}  // namespace attend
