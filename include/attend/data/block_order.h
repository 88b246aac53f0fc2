// Which blocks make a batch: a pure function of (seed, epoch, index), so nothing of it is saved. With n tokens in all,
// R rows a batch and T tokens a row:
//
//   random_blocks  row r of batch i draws a text by its weight, then where to begin, with replacement; an epoch is
//                  n / (R T) batches (nanoGPT)
//   sequential     the texts in order, as one; row r takes block r * batches + i, so it goes on where it stood in batch
//                  i - 1, or where the next text begins. An epoch begins where the one before it ended
//   packed         every block of a text as often as its weight says, in the order of data/order.h
//
// The last block of a text may be shorter: its row ends with places that have no label. What is left at the end of an epoch,
// less than a batch, is left out; of sequential texts it comes first in the next epoch.
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
  // texts: tokens (at least two, for random_blocks a block and a token) and weight of each.
  BlockOrder(std::vector<CorpusShare> texts, const BlockRule& rule);
  std::int64_t batches(std::int64_t epoch) const;
  // random_blocks answers any index, also behind the epoch.
  std::vector<BlockRow> rows(std::int64_t epoch, std::int64_t index) const;

 private:
  BlockRow random_row(std::int64_t epoch, std::int64_t row) const;
  BlockRow block(std::int64_t number) const;  // of all texts in order

  std::vector<CorpusShare> texts_, blocks_;  // tokens; blocks
  BlockRule rule_;
};

}  // namespace attend
