// Rows of a language model: blocks of ids from one or several texts, as tensors.
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

// Where a row begins: the index of its text, and the first token.
struct BlockRow {
  std::int64_t text = 0, begin = 0;
  bool operator==(const BlockRow&) const = default;
};

// Returns the number of blocks of T tokens, each with a label, in n >= 2 tokens. The last one may be shorter.
constexpr std::int64_t blocks_in(std::int64_t n, std::int64_t T) { return (n - 2) / T + 1; }

class TokenBlocks {
 public:
  // Throws DataError for a text of fewer than two tokens, which has nothing to predict.
  TokenBlocks(std::vector<TokenStore> texts, const BlockShape& shape);
  const std::vector<TokenStore>& texts() const { return texts_; }
  // Throws DataError for a text that is shorter than a block and one more token, because no block can be drawn from it.
  // `use` is "training" or "validation".
  void require_whole_blocks(std::string_view use) const;

  // Returns "tokens" and "labels", (B, T) int64. When documents are separate, the last token of a document has no
  // label; unless every row is a single document, there are also "segments" (B, T), counted from 0 in each row, and
  // "positions" (B, T), which restart with each segment. When a text ends inside a row, the rest of the row is id 0
  // without labels.
  Batch batch(const std::vector<BlockRow>& rows) const;

  // Read every token of every text once, as `whole_batches` batches. A text is read in up to `rows` streams of equally
  // many batches: row r of a batch continues where row r of the batch before ended. The last streams may end a batch or
  // more earlier, and the next text starts new streams.
  std::int64_t whole_batches(std::int64_t rows) const;
  Batch whole_batch(std::int64_t rows, std::int64_t index) const;

 private:
  std::int64_t blocks_of(const TokenStore& text) const { return blocks_in(text.size(), shape_.size); }
  std::int64_t batches_of(const TokenStore& text, std::int64_t rows) const {
    return (blocks_of(text) + rows - 1) / rows;
  }
  void fill(const BlockRow& row, std::int64_t* tokens, std::int64_t* labels) const;

  std::vector<TokenStore> texts_;
  BlockShape shape_;
};

}  // namespace attend
