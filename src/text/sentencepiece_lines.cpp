#include "sentencepiece_lines.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

AddedTokens special_pieces() {
  std::vector<AddedToken> tokens;
  for (const std::string_view piece : kSpecialPieces) tokens.push_back({std::string(piece), 0, true, false});
  return AddedTokens(tokens);
}

}  // namespace

SentencePieceLines::SentencePieceLines(const LineSource& lines, Limits limits)
    : lines_(lines), limits_(limits), specials_(special_pieces()) {}

bool SentencePieceLines::next(std::string& line) {
  return part_ < ends_.size() ? cut(line) : take(line);
}

bool SentencePieceLines::take(std::string& line) {
  while (lines_(line)) {
    ++read_;
    if (trim(line).empty())
      ++blank_;
    else if (static_cast<std::int64_t>(line.size()) > limits_.line_bytes)
      ++longer_;
    else {
      check_words(line);
      if (specials_.count(line) == 0) return true;
      find_parts(line);
      return cut(line);
    }
  }
  if (blank_ + longer_ == read_) refuse();
  return false;
}

// Special symbols begin with "<" and hold no other one, so a cut behind it makes and breaks no further symbol.
void SentencePieceLines::find_parts(const std::string& line) {
  rest_ = line;
  ends_.clear();
  begin_ = part_ = 0;
  std::size_t at = 0;
  specials_.split(
      line, [&](std::string_view between) { at += between.size(); },
      [&](const AddedToken& symbol) {
        ends_.push_back(at + 1);
        at += symbol.text.size();
      });
  ends_.push_back(line.size());
}

// What goes on behind the first byte of a special symbol is a line of its own.
bool SentencePieceLines::cut(std::string& line) {
  line = rest_.substr(begin_, ends_[part_] - begin_);
  begin_ = ends_[part_++];
  return true;
}

void SentencePieceLines::check_words(const std::string& line) const {
  if (limits_.word_characters == 0 || static_cast<std::int64_t>(line.size()) <= limits_.word_characters) return;
  std::int64_t characters = 0;
  for (const char byte : line) {
    if (byte == ' ' || byte == '\t')
      characters = 0;
    else if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80)
      ++characters;
    if (characters > limits_.word_characters)
      throw DataError("[tokenizer] expected words of at most ", format_count(limits_.word_characters),
                      " characters with algorithm bpe, got a longer one in line ", read_,
                      " of the text; take algorithm unigram, or leave the option max_sentence_length alone");
  }
}

void SentencePieceLines::refuse() const {
  if (read_ == 0)
    throw DataError(
        "[tokenizer] expected text to train it on, got no line; if data.validation.fraction keeps every pair apart, "
        "lower it; if every weight of data.train.pair_weights is 0, correct them");
  throw DataError("[tokenizer] expected text to train it on, got ", format_count(read_), " lines, of which ",
                  format_count(blank_), " are blank and ", format_count(longer_), " are longer than ",
                  format_count(limits_.line_bytes),
                  longer_ > 0 ? " bytes; SentencePiece's option max_sentence_length takes longer ones" : " bytes");
}

void SentencePieceLines::warn() const {
  if (longer_ > 0)
    log_warning("[tokenizer] ", format_count(longer_), " of ", format_count(read_), " lines are longer than ",
                format_count(limits_.line_bytes),
                " bytes and left out of its training; SentencePiece's option max_sentence_length takes longer ones");
}

}  // namespace attend
