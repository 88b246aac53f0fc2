// B batch, N query heads, I blocks, K blocks that a block of queries reads, Tq queries, Tk keys.
#include "attend/kernels/key_plan.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace attend::kernels {

void check_plan(const KeyPlan& plan, const PlannedCall& call) {
  TORCH_CHECK(plan.window >= 0 && plan.block >= 0, "[key plan] expected a window and blocks of at least 0, got ",
              plan.window, " and ", plan.block);
  if (!plan.has_blocks()) return;
  const auto& blocks = plan.key_blocks;
  TORCH_CHECK(call.keys >= call.queries, "[key plan] expected at least as many keys as queries, got ", call.keys,
              " and ", call.queries);
  const std::int64_t count = (call.keys + plan.block - 1) / plan.block;
  const auto fits = [](std::int64_t size, std::int64_t wanted) { return size == 1 || size == wanted; };
  TORCH_CHECK(blocks.defined() && blocks.scalar_type() == at::kInt && blocks.dim() == 4 &&
                  fits(blocks.size(0), call.rows) && fits(blocks.size(1), call.heads) && blocks.size(2) == count,
              "[key plan] expected key_blocks (1 or ", call.rows, ", 1 or ", call.heads, ", ", count,
              ", K) int32, got ", blocks.defined() ? blocks.sizes() : at::IntArrayRef());
}

at::Tensor visible_in_blocks(const KeyPlan& plan, std::int64_t first, std::int64_t queries, std::int64_t keys) {
  const auto& listed = plan.key_blocks;  // (B or 1, N or 1, I, K)
  const auto options = listed.options();
  const std::int64_t count = listed.size(2);
  // One column more than there are blocks takes what is no block.
  auto reads = at::zeros({listed.size(0), listed.size(1), count, count + 1}, options.dtype(at::kBool));
  const auto columns = listed.to(at::kLong);
  reads.scatter_(3, at::where(columns.lt(0), count, columns), true);
  const auto block_of = [&](std::int64_t begin, std::int64_t length) {
    return at::arange(begin, begin + length, options.dtype(at::kLong)).div(plan.block, "floor");
  };
  return reads.index_select(2, block_of(first, queries)).index_select(3, block_of(0, keys));
}

}  // namespace attend::kernels
