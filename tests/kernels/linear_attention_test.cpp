#include "attend/kernels/linear_attention.h"

#include <torch/torch.h>

#include "tests/support/test.h"

using namespace attend::kernels;

// By the matrix of queries by keys.
static at::Tensor definition(const LinearProducts& a, const at::Tensor& segments, bool causal) {
  auto visible = (segments.unsqueeze(2) == segments.unsqueeze(1)).unsqueeze(1);
  if (causal) visible = visible.tril();
  return torch::matmul(torch::matmul(a.q, a.k.transpose(2, 3)) * visible, a.v);
}

TEST_CASE("linear attention: segments in chunks of any size are the products by definition, and so are the gradients") {
  torch::manual_seed(3);
  const auto options = torch::TensorOptions(torch::kDouble).requires_grad(true);
  for (const bool causal : {true, false})
    for (const std::int64_t length : {1, 7, 40, 65})
      for (const std::int64_t chunk : {1, 5, 16, 64}) {
        const LinearProducts a{torch::rand({2, 3, length, 4}, options), torch::rand({2, 3, length, 4}, options), torch::rand({2, 3, length, 2}, options), {}};
        // Some rows have segments longer than many chunks, some several in one.
        const auto segments = torch::rand({2, length}).lt(torch::tensor({0.04, 0.4}).unsqueeze(1)).cumsum(1);
        const auto expected = definition(a, segments, causal), found = segmented_linear_products(a, segments, causal, chunk);
        INFO("causal " << causal << ", " << length << " tokens, chunks of " << chunk);
        REQUIRE(torch::allclose(found, expected, 1e-12, 1e-12));
        const auto weight = torch::rand_like(expected);
        const auto due = torch::autograd::grad({(expected * weight).sum()}, {a.q, a.k, a.v});
        const auto gradients = torch::autograd::grad({(found * weight).sum()}, {a.q, a.k, a.v});
        for (std::size_t i = 0; i < due.size(); ++i) REQUIRE(torch::allclose(gradients[i], due[i], 1e-12, 1e-12));
      }
}
