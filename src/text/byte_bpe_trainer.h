// Learns the merges of a byte-level BPE from text.
#pragma once

#include "byte_bpe.h"

namespace attend {

// Counts GPT-2's words, then merges the most frequent pair of neighbours until there are vocab_size pieces or no pair
// is left that comes twice; of pairs with the same count the one whose left, then whose right piece is older. Ids: pad,
// unk, bos, eos, user_symbols, the bytes in the order of their characters, the merges. ConfigError for a vocab_size
// that has no room for these, and for symbols that are pieces already.
ByteBpeModel learn_byte_bpe(const TokenizerConfig& config, const LineSource& lines);

}  // namespace attend
