#include "attend/text/text_fit.h"

#include <algorithm>

#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr double kMuch = 0.01;
constexpr double kLeastShown = 0.0001;
constexpr std::int64_t kToldLines = 3;

double share_of(const TextFit& fit) {
  return fit.tokens == 0 ? 0.0 : static_cast<double>(fit.unknown) / static_cast<double>(fit.tokens);
}

// Lists the pieces: "<pad>, <unk>, <s>, </s>"; a symbol that serves two purposes appears once.
std::string names_of_specials(const Tokenizer& tokenizer) {
  const SpecialIds special = tokenizer.special();
  std::vector<std::string> names;
  for (const auto id : {special.pad, special.unk, special.bos, special.eos})
    if (id >= 0 && std::ranges::find(names, tokenizer.piece(id)) == names.end()) names.push_back(tokenizer.piece(id));
  return join(names, ", ");
}

}  // namespace

std::string unknown_share(const TextFit& fit) {
  if (fit.unknown == 0) return "0 %";
  return share_of(fit) < kLeastShown ? "less than 0.01 %" : format_fixed(100 * share_of(fit), 2) + " %";
}

void warn_of_unknown(std::string_view where, std::string_view what, const TextFit& fit) {
  if (share_of(fit) <= kMuch) return;
  log_warning("[", where, "] ", unknown_share(fit), " of the ", what, " (", format_count(fit.unknown), " of ",
              format_count(fit.tokens),
              ") are unknown to the tokenizer, and all read as one; take a tokenizer that was trained on such text, "
              "with character_coverage 1 ",
              "or byte_fallback: true, or type bpe or byte, which know every text");
}

void warn_of_specials(std::string_view where, std::int64_t count, const Tokenizer& tokenizer, std::string_view key) {
  if (count == 0) return;
  const bool parsed = tokenizer.spelled_specials() == SpelledSpecials::symbols;
  log_warning("[", where, "] the text spells special symbols of the tokenizer (", names_of_specials(tokenizer), ") ",
              format_count(count), count == 1 ? " time; it is" : " times; they are", " read as ",
              parsed ? concat("symbols and not as text; without ", key, " they are text")
                     : concat("text like any other; with type bpe, ", key, " reads symbols"));
}

bool is_unknown(const Tokenizer& tokenizer, std::span<const std::int32_t> ids) {
  const auto unk = tokenizer.special().unk;
  if (unk < 0 || std::ranges::find(ids, unk) == ids.end()) return false;
  const auto is_space = [&](std::int32_t id) {
    const std::string piece = tokenizer.piece(id);
    return piece == " " || piece == "\u2581";  // SentencePiece's mark of one
  };
  return std::ranges::all_of(ids, [&](std::int32_t id) { return id == unk || is_space(id); });
}

void UnknownLines::add(std::int64_t line, bool is_unknown) {
  if (!is_unknown || ++count_ > kToldLines) return;
  log_warning(
      "[", where_, "] ", what_, " ", line,
      ": expected text that the model knows, got nothing but unknown characters; what it makes of them is invented");
}

UnknownLines::~UnknownLines() {
  if (count_ > kToldLines)
    log_warning("[", where_, "] ", format_count(count_ - kToldLines), " more had nothing but unknown characters");
}

}  // namespace attend
