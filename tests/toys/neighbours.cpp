// Attention within neighbouring blocks: keys are cut in blocks of four places, and a query sees its own block and the
// one before. Cost: T times 8. Limits: self-attention.
#include "tests/toys/neighbours.h"

#include <torch/types.h>

#include "src/attention/mechanisms/softmax.h"

namespace attend {
namespace {

kernels::KeyPlan neighbours(std::int64_t keys) {
  constexpr std::int64_t kBlock = 4;
  const auto own = torch::arange((keys + kBlock - 1) / kBlock, torch::kInt32);  // (I)
  kernels::KeyPlan plan;
  plan.block = kBlock;
  plan.key_blocks = torch::stack({own - 1, own}, 1);  // (I, 2)
  plan.key_blocks[0] = torch::tensor({0, -1}, torch::kInt32);  // nothing stands before the first block
  plan.key_blocks = plan.key_blocks.unsqueeze(0).unsqueeze(0);  // (1, 1, I, 2): every row and head alike
  return plan;
}

}  // namespace

AttentionOutput NeighbourAttention::forward(const AttentionInput& input) const {
  auto arguments = softmax_arguments(input);
  arguments.plan = neighbours(arguments.k.size(2));
  return softmax_attention(input, arguments, AttentionImplementation::automatic);
}

std::unique_ptr<LayerState> NeighbourAttention::make_state(const StateShape& shape, AttentionUse) const {
  return std::make_unique<KeyValueState>(shape);
}

}  // namespace attend
