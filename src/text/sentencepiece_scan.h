// What must hold before SentencePiece may see a model file: 0.1.97 overflows its stack on very long pieces
// and reads outside the trie of a damaged normaliser (google/sentencepiece issues 1183, 1263, 1267, 1269,
// 1272).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attend/core/limits.h"

namespace attend {

// ModelError `[where] ...` unless the bytes are a well-formed ModelProto of SentencePiece: lengths inside the
// file, pieces that are non-empty UTF-8 without NUL, finite scores, known types, one unknown piece, and
// normaliser tries whose every step stays inside them.
void scan_sentencepiece_model(std::string_view bytes, std::string_view where);

// What stands for a space in pieces and in normalised text.
inline constexpr std::string_view kSpaceMark = "\u2581";

// The numbers are those of sentencepiece_model.proto.
enum class PieceKind : std::uint64_t { normal = 1, unknown, control, user_defined, unused, byte };

struct SubwordPiece {
  std::string text;
  float score = 0;
  PieceKind kind = PieceKind::normal;
};

// What segmenting needs of a model.
struct SubwordModel {
  std::uint64_t type = 1;  // 1 unigram, 2 BPE, 3 words, 4 characters
  bool byte_fallback = false;
  std::string normalization;  // the name of its rule; "user_defined": of a table of its own
  std::string charsmap;       // the table, see normalizer_trie.h; empty: none
  std::vector<SubwordPiece> pieces;  // by id
};
// Puts a piece that is never cut at the end of the bytes of a model, and so of its ids: fields of a message may stand
// anywhere.
void append_user_piece(std::string& model, std::string_view text);
SubwordModel read_subword_model(std::string_view scanned, std::string_view where);

}  // namespace attend
