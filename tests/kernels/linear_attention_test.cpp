#include "attend/kernels/linear_attention.h"

#include <torch/torch.h>

#include "tests/kernels/compare.h"
#include "tests/support/threads.h"

using namespace attend;
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
        const LinearProducts a{torch::rand({2, 3, length, 4}, options),
                               torch::rand({2, 3, length, 4}, options),
                               torch::rand({2, 3, length, 2}, options),
                               {}};
        // Some rows have segments longer than many chunks, some several in one.
        const auto segments = torch::rand({2, length}).lt(torch::tensor({0.04, 0.4}).unsqueeze(1)).cumsum(1);
        const auto expected = definition(a, segments, causal),
                   found = segmented_linear_products(a, segments, causal, chunk);
        INFO("causal " << causal << ", " << length << " tokens, chunks of " << chunk);
        REQUIRE(torch::allclose(found, expected, 1e-12, 1e-12));
        const auto weight = torch::rand_like(expected);
        const auto due = torch::autograd::grad({(expected * weight).sum()}, {a.q, a.k, a.v});
        const auto gradients = torch::autograd::grad({(found * weight).sum()}, {a.q, a.k, a.v});
        for (std::size_t i = 0; i < due.size(); ++i) REQUIRE(torch::allclose(gradients[i], due[i], 1e-12, 1e-12));
      }
}

static at::Tensor by_reference(const LinearArguments& a) { return reference_linear_attention(a, true); }

TEST_CASE("linear attention: the fused kernel is the plain products, and so are the gradients") {
  torch::manual_seed(5);
  const bool plain = GENERATE(false, true), segmented = GENERATE(false, true), strided = GENERATE(false, true);
  const auto type = GENERATE(torch::kFloat, torch::kBFloat16);
  for (const std::int64_t T : {1, 15, 64, 65, 200})
    for (const auto& [F, X] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{64, 64}, {16, 32}, {20, 7}, {33, 80}}) {
      INFO(T << " tokens, " << F << " features, values of " << X << " " << type << ", normaliser of its own " << plain
             << ", segments " << segmented);
      const auto features = [&, F = F] {
        return (strided ? torch::rand({2, T, 3, F}).transpose(1, 2) : torch::rand({2, 3, T, F})).requires_grad_(true);
      };
      std::vector<at::Tensor> inputs{features(), features(), test::random({2, 3, T, X}, type)};
      if (plain) inputs.insert(inputs.end(), {features(), features()});
      const auto segments =
          segmented ? torch::rand({2, T}).lt(torch::tensor({0.01, 0.1}).unsqueeze(1)).cumsum(1) : at::Tensor();
      const auto arguments = [&](const std::vector<at::Tensor>& x) {
        return LinearArguments{x[0], x[1], x[2], plain ? x[3] : at::Tensor(), plain ? x[4] : at::Tensor(), segments};
      };
      test::require_same([&](auto& x) { return fused_linear_attention(arguments(x)); },
                         [&](auto& x) { return by_reference(arguments(x)); }, inputs,
                         type == torch::kFloat ? 2e-5 : 2e-2);
    }
}

TEST_CASE("linear attention: long rows round no more than their pieces, whatever the features") {
  torch::manual_seed(6);
  // Features that never change are the worst: every sum of theirs rounds the same way.
  const auto features = torch::full({1, 1, 16384, 16}, 0.1), v = torch::rand({1, 1, 16384, 16}),
             d_out = torch::randn({1, 1, 16384, 16});
  const auto values = [&](at::ScalarType type, const auto& f) {
    const auto leaf = [&](const at::Tensor& x) { return x.to(type, false, true).requires_grad_(true); };
    const auto q = leaf(features), k = leaf(features), w = leaf(v);
    auto all = torch::autograd::grad({f(LinearArguments{q, k, w, {}, {}})}, {q, k, w}, {d_out.to(type)});
    all.push_back(f(LinearArguments{q, k, w, {}, {}}));
    return all;
  };
  const auto got = values(torch::kFloat, fused_linear_attention), exact = values(torch::kDouble, by_reference);
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO(i);
    CHECK(test::difference(got[i], exact[i]) < 2e-5);
  }
}

TEST_CASE(
    "linear attention: the fused kernel takes empty rows, padded keys, any strides, one thread or more, and refuses "
    "what it does not cover") {
  torch::manual_seed(7);
  const auto none = torch::rand({2, 3, 0, 8}).requires_grad_(true);
  torch::autograd::grad({fused_linear_attention({none, none, none, {}, {}}).sum()}, {none});
  const auto q = torch::rand({2, 3, 8, 70}).transpose(2, 3).requires_grad_(true);  // last stride 70
  const auto k = torch::rand({2, 3, 70, 8}).requires_grad_(true), valid = torch::rand({2, 1, 70, 1}).gt(0.5);
  valid[0].slice(1, 0, 3).fill_(false);  // queries that see no key at all
  const auto v = torch::rand({2, 70, 3, 5}).transpose(1, 2).requires_grad_(true);  // heads of one projection
  const auto gradients = [&](const auto& f) {
    return torch::autograd::grad({f(LinearArguments{q, k * valid, v, {}, {}}).sum()}, {q, k, v});
  };  // of stride 0
  const auto expected = gradients(by_reference), got = gradients(fused_linear_attention);
  std::vector<at::Tensor> others;
  {
    const test::Threads some(at::get_num_threads() == 1 ? 2 : 1);
    others = gradients(fused_linear_attention);
  }
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].equal(others[i]));
    CHECK(test::difference(got[i], expected[i]) < 1e-4);
  }
  REQUIRE_THROWS_AS(fused_linear_attention({q, k.narrow(2, 0, 69), v, {}, {}}), c10::Error);
  REQUIRE_THROWS_AS(fused_linear_attention({q, k, v, q, {}}), c10::Error);
  REQUIRE_THROWS_AS(fused_linear_attention({q, k, v, {}, {}, torch::zeros({2, 69}, torch::kLong)}), c10::Error);
  REQUIRE_THROWS_AS(fused_linear_attention({q.to(torch::kDouble), k, v, {}, {}}), c10::Error);
}
