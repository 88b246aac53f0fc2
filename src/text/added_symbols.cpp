// Further symbols behind the pieces of a tokenizer that is there: fine-tuning keeps its ids, and so its rows.
#include <algorithm>
#include <unordered_set>

#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr std::string_view kUnderline = "\u2581";  // SentencePiece's

[[noreturn]] void refuse_symbol(const std::string& symbol, std::string_view reason) {
  throw ConfigError("[data.tokenizer.add_symbols] expected new symbols without white space, got \"",
                    repair_utf8(symbol.substr(0, 80)), "\", ", reason);
}

bool has_space(std::string_view symbol) {
  const auto is_space = [](char32_t c) {
    return c <= 0x20 || c == 0x7F || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
  };
  return std::ranges::any_of(decode_utf8(symbol), is_space) || symbol.find(kUnderline) != symbol.npos;
}

void check_symbols(const Tokenizer& tokenizer, const std::vector<std::string>& symbols) {
  std::unordered_set<std::string> reserved{std::string(kEndOfText)};
  for (const auto name : kSpecialPieces) reserved.emplace(name);
  auto pieces = reserved;
  for (std::int64_t id = 0; id < tokenizer.size(); ++id) pieces.insert(tokenizer.piece(static_cast<std::int32_t>(id)));
  for (const auto& symbol : symbols) {
    if (symbol.empty()) refuse_symbol(symbol, "which is empty");
    if (symbol.size() > kMaxPieceBytes)
      refuse_symbol(symbol, concat("which is longer than ", kMaxPieceBytes, " bytes"));
    if (!is_valid_utf8(symbol) || has_space(symbol))
      refuse_symbol(symbol, is_valid_utf8(symbol) ? "which holds white space" : "which is no UTF-8");
    if (reserved.contains(symbol)) refuse_symbol(symbol, "which is the name of a special piece");
    if (!pieces.insert(symbol).second) refuse_symbol(symbol, "which is a piece of the tokenizer already");
  }
  if (tokenizer.size() + std::ssize(symbols) > static_cast<std::int64_t>(kMaxPieces))
    throw ConfigError("[data.tokenizer.add_symbols] expected at most ", kMaxPieces, " pieces in all, got more");
}

}  // namespace

std::shared_ptr<const Tokenizer> with_symbols(const Tokenizer& tokenizer, const std::vector<std::string>& symbols) {
  check_symbols(tokenizer, symbols);
  switch (tokenizer.type()) {
    case TokenizerType::sentencepiece: return sentencepiece_with(tokenizer.serialized(), symbols);
    case TokenizerType::bpe: return byte_bpe_with(tokenizer, symbols);
    case TokenizerType::character:
    case TokenizerType::byte: return vocabulary_with(tokenizer.serialized(), symbols);
  }
  return nullptr;
}

}  // namespace attend
