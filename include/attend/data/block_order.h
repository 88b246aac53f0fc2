// Decides which blocks form a batch: a pure function of (seed, epoch, index), so none of it is saved. With n tokens in
// all texts, R rows per batch and T tokens per row:
//
//   random_blocks  row r of batch i draws a text by its weight, then where to begin, with replacement; an epoch is
//                  n / (R T) batches (nanoGPT)
//   sequential     the texts are read in order, as one; row r takes block r * batches + i, so it continues where it
//                  ended in batch i - 1, or where the next text begins; an epoch begins where the one before it ended
//   packed         every block of a text is read as often as its weight says, in the order of data/order.h
//
// The last block of a text may be shorter; its row ends with places that have no label. The blocks left over at the end
// of an epoch, fewer than a batch, are not read. With sequential texts they are read first in the next epoch.
#pragma once

#include "attend/data/blocks.h"
#include "attend/data/order.h"

namespace attend {

struct BlockRule {
  BlockSampling sampling = BlockSampling::packed;
  std::int64_t size = 256;  // T
  std::int64_t rows = 16;   // R
  std::uint64_t seed = 1;
};

class BlockOrder {
 public:
  // `texts` has the number of tokens and the weight of each text. A text needs at least two tokens; with random_blocks,
  // at least a block and one token.
  BlockOrder(std::vector<CorpusShare> texts, const BlockRule& rule);
  std::int64_t batches(std::int64_t epoch) const;
  // Returns the rows of batch `index`. With random_blocks the index may also lie beyond the end of the epoch.
  std::vector<BlockRow> rows(std::int64_t epoch, std::int64_t index) const;

 private:
  BlockRow random_row(std::int64_t epoch, std::int64_t row) const;
  BlockRow block(std::int64_t number) const;  // `number` counts through all texts in order

  std::vector<CorpusShare> texts_, blocks_;  // sizes in tokens; sizes in blocks
  BlockRule rule_;
};

}  // namespace attend
