// Finds the tokens that a search never generates, by the names of their pieces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/text/tokenizer.h"

namespace attend {

// Returns the id of a piece as it stands in the vocabulary; nothing where there is no such piece.
std::optional<std::int32_t> find_piece(const Tokenizer& tokenizer, std::string_view piece);

// Returns the ids of pieces; messages name them by `key` ("decoding.ban"). kUnknownPiece is the unknown token, whatever
// its spelling, and has no id where the vocabulary has none. ConfigError for another piece that is not in the
// vocabulary.
std::vector<std::int32_t> banned_ids(const std::vector<std::string>& pieces, const Tokenizer& tokenizer,
                                     std::string_view key);

}  // namespace attend
