// Says which keys a query may see, besides causality, padding and segments. A plan is plain data: a sparse attention is
// a function that makes one, and the kernels that read plans compute what the plan leaves and nothing else.
//
//   window      key j is visible to a query at place p when |p - j| < window
//   key_blocks  keys and places of queries are cut in blocks of `block`; the queries of block i read the key blocks
//               that row i lists
//
// Both together leave the keys that both leave. A union of two disjoint plans is merge() of two calls (attention.h).
// Cost: the tiles of keys that some query of a tile of 32 sees, so blocks of fewer than 32 save less than they leave
// out. Legend: B batch, N query heads, Tk keys, I = ceil(Tk / block) blocks, K blocks that a block of queries reads at
// most.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attend::kernels {

struct KeyPlan {
  std::int64_t window = 0;  // 0: no window
  std::int64_t block = 0;   // 0: no blocks
  // (B or 1, N or 1, I, K) int32: numbers of blocks in ascending order, each once; -1 behind them: nothing more.
  at::Tensor key_blocks = {};

  bool has_blocks() const { return block > 0; }
};

// The call that a plan is for.
struct PlannedCall {
  std::int64_t rows, heads, queries, keys;  // B, N, Tq, Tk
};
// A TORCH_CHECK fails unless the plan fits the call. Blocks need at least as many keys as queries.
void check_plan(const KeyPlan& plan, const PlannedCall& call);

// Returns what the blocks of a plan leave as a mask (B or 1, N or 1, Tq, Tk) bool, for queries that stand at places
// first .. first + queries - 1.
at::Tensor visible_in_blocks(const KeyPlan& plan, std::int64_t first, std::int64_t queries, std::int64_t keys);

}  // namespace attend::kernels
