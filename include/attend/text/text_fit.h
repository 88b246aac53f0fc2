// How well a text fits a tokenizer that was perhaps made of another one: what is unknown to it, and what it may have been
// meant to read otherwise.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attend/text/tokenizer.h"

namespace attend {

// Counts of a text; tokens without start and end symbols.
struct TextFit {
  std::int64_t tokens = 0, unknown = 0;
  std::int64_t specials = 0;  // special symbols that the text spells
};

// "2.41 %"
std::string unknown_share(const TextFit& fit);
// A warning where more than a hundredth is unknown. where: "train"; what: "target tokens".
void warn_of_unknown(std::string_view where, std::string_view what, const TextFit& fit);
// A warning where the text spells special symbols, with what becomes of them.
void warn_of_specials(std::string_view where, const TextFit& fit, SpelledSpecials spelled);

// True for a text of which the tokenizer knows nothing, spaces aside.
bool is_unknown(const Tokenizer& tokenizer, std::span<const std::int32_t> ids);

// Lines of which a model knows nothing: the first three are told one by one, the number of the others at the end.
class UnknownLines {
 public:
  // where: "translate"; what: "line"
  UnknownLines(std::string where, std::string what) : where_(std::move(where)), what_(std::move(what)) {}
  ~UnknownLines();
  UnknownLines(const UnknownLines&) = delete;
  UnknownLines& operator=(const UnknownLines&) = delete;
  void add(std::int64_t line, bool is_unknown);

 private:
  std::string where_, what_;
  std::int64_t count_ = 0;
};

}  // namespace attend
