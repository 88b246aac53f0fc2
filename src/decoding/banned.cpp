#include "attend/decoding/banned.h"

#include "attend/core/error.h"

namespace attend {

std::optional<std::int32_t> find_piece(const Tokenizer& tokenizer, std::string_view piece) {
  for (std::int32_t id = 0; id < tokenizer.size(); ++id)
    if (tokenizer.piece(id) == piece) return id;
  return std::nullopt;
}

std::vector<std::int32_t> banned_ids(const std::vector<std::string>& pieces, const Tokenizer& tokenizer,
                                     std::string_view key) {
  std::vector<std::int32_t> ids;
  for (const std::string& piece : pieces) {
    const bool unknown = piece == kUnknownPiece && tokenizer.special().unk >= 0;
    const auto id = unknown ? tokenizer.special().unk : find_piece(tokenizer, piece);
    if (id) ids.push_back(*id);
    else if (piece != kUnknownPiece)
      throw ConfigError("[", key, "] expected a piece of the target vocabulary, got \"", piece,
                        "\"; attend tokenizer encode shows pieces");
  }
  return ids;
}

}  // namespace attend
