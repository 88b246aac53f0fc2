// The encoded pairs of a corpus, in memory or in mapped files, so a corpus may be larger than memory.
//
//   index.bin   (pairs + 1) x uint64: where pair i begins in the body, in elements, << 24 | elements of its source
//   body.bin    source and target of pair 0, source and target of pair 1, ...; elements are ids (uint16 where the
//               vocabularies allow it, else uint32) or bytes of text
//   weights.bin pairs x float32, from 1e-9 to 1e9: how much each pair counts; only for a corpus with weights
//
// Numbers are little-endian. Ids have no end symbols.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "attend/core/file.h"
#include "attend/text/corpus.h"

namespace attend {

enum class PairContent { ids16, ids32, text };
std::uint64_t bytes_of(PairContent content);  // size of one element

inline constexpr unsigned kSideBits = 24;  // bits of an index entry that hold the size of the source
inline constexpr std::uint64_t kMaxSideElements = (1u << kSideBits) - 1;
inline constexpr std::uint64_t kMaxElements = (std::uint64_t{1} << 40) - 1;

struct PairLength {
  std::int32_t source = 0, target = 0;  // tokens, end symbols included
};

// What is known of a store besides its arrays.
struct PairSummary {
  PairContent content = PairContent::ids16;
  std::int64_t pairs = 0;
  std::int64_t source_tokens = 0, target_tokens = 0;      // with end symbols, segmented without sampling
  std::int64_t empty = 0, over_length = 0;                // pairs left out for a blank side; pairs skipped or cropped
  std::int64_t weightless = 0;                            // pairs left out because their weight is 0
  std::int64_t source_unknown = 0, target_unknown = 0;    // unknown tokens
  std::int64_t source_specials = 0, target_specials = 0;  // special symbols that the text spells
  std::int64_t source_vocabulary = 0, target_vocabulary = 0;
};

class PairStore {
 public:
  // The arrays of a store; `owner` keeps them alive. The constructor throws ModelError `[where] ...` unless the index
  // has pairs + 1 ascending places, the last one is the end of the body, and no side is empty. Ids are checked when
  // they are read.
  struct Arrays {
    std::shared_ptr<const void> owner;
    std::span<const std::uint64_t> index;
    std::span<const std::uint8_t> body;
    std::span<const float> weights = {};  // empty: pairs have no weights
  };
  PairStore(PairSummary summary, Arrays arrays, std::string_view where);

  const PairSummary& summary() const { return summary_; }
  std::int64_t size() const { return summary_.pairs; }
  // Returns the length with end symbols; only for ids, not for text.
  PairLength length(std::int64_t pair) const;
  // Appends the ids of a side to `ids`. Throws ModelError for an id outside the side's vocabulary.
  void append_ids(std::int64_t pair, Side side, std::vector<std::int32_t>& ids) const;
  std::string_view text(std::int64_t pair, Side side) const;
  bool weighted() const { return !arrays_.weights.empty(); }
  float weight(std::int64_t pair) const { return weighted() ? arrays_.weights[static_cast<std::size_t>(pair)] : 1.0f; }

 private:
  struct Place {
    std::uint64_t begin, middle, end;  // in elements; source is begin .. middle, target middle .. end
  };
  struct Range {
    std::uint64_t begin, end;
  };
  Place place(std::int64_t pair) const;
  Range range(std::int64_t pair, Side side) const;
  void check(std::string_view where) const;
  template <class Id>
  void append(Range range, std::int64_t vocabulary, std::vector<std::int32_t>& ids) const;

  PairSummary summary_;
  Arrays arrays_;
};

// Maps the files; an empty `weights` means that pairs have none. Throws ModelError for a file that is missing or torn.
PairStore::Arrays map_pairs(const fs::path& index, const fs::path& body, const fs::path& weights);

}  // namespace attend
