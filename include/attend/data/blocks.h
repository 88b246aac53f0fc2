// Rows of a language model: blocks of ids out of one or several texts, as tensors.
//
// B rows, T tokens of a block:   tokens[b, t] = text[begin + t]     labels[b, t] = text[begin + t + 1], -1 at the end
#pragma once

#include "attend/data/batch.h"
#include "attend/data/token_store.h"

namespace attend {

struct BlockShape {
  std::int64_t size = 256;  // T
  std::int64_t eos = -1;    // the id that ends a document; -1: none does
  bool separate = false;    // documents do not see each other
};

// Where a row begins.
struct BlockRow {
  std::int64_t text = 0, begin = 0;
  bool operator==(const BlockRow&) const = default;
};

// Blocks of T tokens with a label each that n tokens have, n >= 2; the last one may be shorter.
constexpr std::int64_t blocks_in(std::int64_t n, std::int64_t T) { return (n - 2) / T + 1; }

class TokenBlocks {
 public:
  // DataError for a text of less than two tokens, which has nothing to predict.
  TokenBlocks(std::vector<TokenStore> texts, const BlockShape& shape);
  const std::vector<TokenStore>& texts() const { return texts_; }
  // DataError for a text that is shorter than a block and the token behind it: nothing can be drawn from it. What it is for:
  // "training", "validation".
  void require_whole_blocks(std::string_view use) const;

  // "tokens" and "labels" (B, T) int64. Separate documents also have "segments" (B, T), counted from 0 in each row, and
  // "positions", which restart with them, unless every row is one; the last token of a document has no label. Where a text ends inside a row, the
  // rest is id 0 without labels.
  Batch batch(const std::vector<BlockRow>& rows) const;

  // Every token of every text once. A text is read in up to `rows` streams of as many batches each: row r of a batch goes on
  // where row r of the one before ended, the last streams end a batch or more earlier, and the next text starts new ones.
  std::int64_t whole_batches(std::int64_t rows) const;
  Batch whole_batch(std::int64_t rows, std::int64_t index) const;

 private:
  std::int64_t blocks_of(const TokenStore& text) const { return blocks_in(text.size(), shape_.size); }
  std::int64_t batches_of(const TokenStore& text, std::int64_t rows) const { return (blocks_of(text) + rows - 1) / rows; }
  void fill(const BlockRow& row, std::int64_t* tokens, std::int64_t* labels) const;

  std::vector<TokenStore> texts_;
  BlockShape shape_;
};

}  // namespace attend
