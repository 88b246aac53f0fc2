// The window in blocks of queries against the window as one matrix.
#include "attend/attention/mechanisms/sliding_window.h"

#include "tests/attention/subject.h"
#include "tests/kernels/compare.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t kRows = 2, kHeads = 4, kLength = 200, kSize = 8;

struct Parts {
  at::Tensor q, k, v;
};

Parts draw(at::ScalarType type) {
  const auto options = torch::TensorOptions(type).requires_grad(true);
  return {torch::randn({kRows, kHeads, kLength, kSize}, options), torch::randn({kRows, 2, kLength, kSize}, options),
          torch::randn({kRows, 2, kLength, kSize}, options)};
}

LayerPositions drawn_positions(StackPositions& stack, PositionType type) {
  const auto positions = stack.of_layer(law_position(type, kLength));
  for (torch::nn::Module* module :
       std::initializer_list<torch::nn::Module*>{&stack, positions.distance.get(), positions.relative.get()}) {
    if (!module) continue;
    module->to(torch::kDouble);
    torch::NoGradGuard no_grad;
    for (auto& weight : module->parameters()) weight.normal_(0, 0.3);
  }
  return positions;
}

// want_weights: one matrix of queries by keys.
at::Tensor mixed(SlidingWindowAttention& window, const Parts& parts, const AttentionMask& mask,
                 const LayerPositions& positions, bool whole) {
  AttentionInput input{{parts.q, parts.k, parts.v}, mask, 0.5, make_dropout(0.3)};
  input.distance = positions.distance.get();
  input.relative = positions.relative.get();
  input.want_weights = whole;
  return window.forward(input).out;
}

}  // namespace

TEST_CASE("sliding window: blocks of queries give what the whole matrix gives, gradients and dropout included") {
  torch::manual_seed(2);
  for (const auto type : {PositionType::none, PositionType::alibi, PositionType::relative_t5,
                          PositionType::relative_shaw, PositionType::relative_xl})
    for (const bool causal : {true, false})
      for (const std::int64_t width : {1, 7, 45, 300})
        for (const bool packed : {true, false}) {
          INFO(name_of(type) << ", " << (causal ? "causal" : "both sides") << ", window " << width
                             << (packed ? ", packed" : ", padded"));
          StackPositions stack({kHeads * kSize, kHeads, kSize, !causal});
          const auto positions = drawn_positions(stack, type);
          AttentionMask mask{causal, {}, {}};
          if (packed) mask.segments = torch::rand({kRows, kLength}).lt(0.05).cumsum(1);
          else
            mask.key_valid = torch::arange(kLength).unsqueeze(0) < torch::tensor({kLength, kLength / 3}).unsqueeze(1);
          SlidingWindowAttention window(SlidingWindowOptions{width});
          const auto parts = draw(torch::kDouble);
          const auto blocks = mixed(window, parts, mask, positions, false),
                     matrix = mixed(window, parts, mask, positions, true);
          REQUIRE(torch::allclose(blocks, matrix, 1e-12, 1e-12));
          const auto weight = torch::randn_like(matrix);
          const auto found = torch::autograd::grad({(blocks * weight).sum()}, {parts.q, parts.k, parts.v});
          const auto due = torch::autograd::grad({(matrix * weight).sum()}, {parts.q, parts.k, parts.v});
          for (std::size_t i = 0; i < due.size(); ++i) REQUIRE(torch::allclose(found[i], due[i], 1e-10, 1e-10));
        }
}
