// The lines that SentencePiece is trained on, and why there are none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "added_tokens.h"
#include "attend/text/corpus.h"

namespace attend {

// Leaves out what SentencePiece would leave out, so that it can be told of, and cuts a line inside a special symbol
// that it spells, because SentencePiece drops special symbols from its text and would not learn their letters.
class SentencePieceLines {
 public:
  struct Limits {
    std::int64_t line_bytes = 0;       // of longer ones nothing is taken
    std::int64_t word_characters = 0;  // between spaces; 0: any
  };
  SentencePieceLines(const LineSource& lines, Limits limits);
  // False at the end. DataError where no line was left, and for a word beyond the limit.
  bool next(std::string& line);
  void warn() const;

 private:
  bool take(std::string& line);
  void find_parts(const std::string& line);
  bool cut(std::string& line);
  void check_words(const std::string& line) const;
  [[noreturn]] void refuse() const;

  const LineSource& lines_;
  Limits limits_;
  AddedTokens specials_;
  std::string rest_;                   // a line that holds special symbols
  // where its parts end: behind the first byte of each special symbol, and at its end
  std::vector<std::size_t> ends_;
  std::size_t begin_ = 0, part_ = 0;   // where the next part begins, and its number
  std::int64_t read_ = 0, blank_ = 0, longer_ = 0;
};

}  // namespace attend
