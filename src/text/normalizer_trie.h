// The table of SentencePiece's normaliser: the size of a trie in bytes (uint32), the trie, then the texts it leads to,
// each ended by NUL. The trie is a double array of Darts-clone. What it says is checked by scan_sentencepiece_model.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "protobuf.h"

namespace attend {

// A unit holds a label (bits 0-7), whether a value hangs below it (bit 8) and the offset to its children (bits 9-31); a
// unit with bit 31 set holds a value and has no children.
struct TrieUnit {
  std::uint32_t bits;
  bool is_value() const { return bits >> 31; }
  bool has_value() const { return bits >> 8 & 1; }
  std::uint32_t label() const { return bits & (0x80000000u | 0xFFu); }
  std::uint32_t offset() const { return (bits >> 10) << ((bits & (1u << 9)) >> 6); }
  std::uint32_t value() const { return bits & 0x7FFFFFFFu; }
};

inline TrieUnit trie_unit(std::string_view trie, std::size_t i) {
  return {protobuf::little_endian<std::uint32_t>(trie.substr(sizeof(TrieUnit) * i, sizeof(TrieUnit)))};
}

// Trie and texts of a table that is whole.
inline std::pair<std::string_view, std::string_view> split_charsmap(std::string_view table) {
  const auto bytes = protobuf::little_endian<std::uint32_t>(table);
  return {table.substr(sizeof bytes, bytes), table.substr(sizeof bytes + bytes)};
}

inline std::string_view text_at(std::string_view texts, std::uint32_t start) {
  return texts.substr(start, texts.find('\0', start) - start);
}

}  // namespace attend
