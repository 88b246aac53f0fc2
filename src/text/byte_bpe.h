// Byte-level BPE (Radford et al. 2019): the bytes of a word are pieces, and pairs of neighbours are merged in the order
// in which the merges were learnt. What a vocabulary holds, and how a word is merged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "added_tokens.h"
#include "attend/core/json.h"
#include "attend/text/tokenizer.h"

namespace attend {

// Two neighbouring pieces that become a third one.
struct Merge {
  std::int32_t left = 0, right = 0, result = 0;
};

struct ByteBpeModel {
  std::vector<std::string> pieces;  // by id: in the byte alphabet, added tokens as they are
  std::vector<Merge> merges;        // by rank
  std::vector<AddedToken> added;
  bool prefix_space = false;  // a text that starts without a space gets one
  SpecialIds special{-1, -1, -1, -1};
};

// Puts a vocabulary together piece by piece and refuses what is none with a ModelError: ids twice or with holes, merges
// of unknown pieces, bytes without a piece, more than core/limits.h allows.
class ByteBpeBuilder {
 public:
  explicit ByteBpeBuilder(std::string_view where) : where_(where) {}
  // {"piece": id, ...}
  void vocabulary(const Json& object);
  void add(AddedToken token);
  void merge(std::string_view left, std::string_view right);
  // The id of a piece that is there; -1: none.
  std::int32_t find(std::string_view piece) const;
  ByteBpeModel finish(bool prefix_space);

 private:
  void place(const std::string& piece, std::uint64_t id);
  void require_bytes() const;
  void name_special_ids();

  std::string where_;
  ByteBpeModel model_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_set<std::int32_t> added_;
  std::unordered_set<std::uint64_t> merged_;  // pairs
};

// One key for two ids.
inline std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

class MergeTable {
 public:
  explicit MergeTable(const std::vector<Merge>& merges);
  // Merges neighbours until no merge is left, always the one of lowest rank, of equals the leftmost. Returns how many
  // candidates it looked at: fewer than three times the symbols.
  std::int64_t apply(std::vector<std::int32_t>& symbols) const;

 private:
  struct Ranked {
    std::int32_t rank, result;
  };
  std::unordered_map<std::uint64_t, Ranked> merges_;
};

}  // namespace attend
