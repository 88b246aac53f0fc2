#include "attend/kernels/linear.h"

#include "tests/kernels/compare.h"

using namespace attend;
using namespace attend::test;
using kernels::Weight;

TEST_CASE("linear: equals ATen's, with its gradients, with and without bias") {
  for (const auto type : {at::kFloat, at::kDouble})
    for (const bool biased : {false, true}) {
      std::vector<at::Tensor> inputs = {random({3, 5, 12}, type), random({7, 12}, type)};
      if (biased) inputs.push_back(random({7}, type));
      const auto bias = [](auto& x) { return x.size() > 2 ? x[2] : at::Tensor(); };
      require_same([&](auto& x) { return kernels::linear(x[0], {x[1], {}}, {bias(x), {}}); },
                   [&](auto& x) { return at::linear(x[0], x[1], bias(x)); }, inputs, 1e-5);
    }
}

TEST_CASE("linear: a bfloat16 working copy computes, the float32 master gets the gradient") {
  const at::Tensor x = random({40, 32}), w = random({24, 32}), b = random({24});
  const at::Tensor y = kernels::linear(x, {w, w.detach().to(at::kBFloat16)}, {b, b.detach().to(at::kBFloat16)});
  REQUIRE(y.scalar_type() == at::kBFloat16);
  const at::Tensor plain = at::linear(x, w, b);
  CHECK(difference(y, plain) < 2e-2);
  const at::Tensor dy = at::randn({40, 24});
  const auto got = torch::autograd::grad({y}, {x, w, b}, {dy.to(at::kBFloat16)}),
             expected = torch::autograd::grad({plain}, {x, w, b}, {dy});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(got[i].scalar_type() == at::kFloat);
    CHECK(difference(got[i], expected[i]) < 2e-2);
  }
  CHECK(difference(got[2], dy.to(at::kBFloat16).to(at::kDouble).sum(0)) < 1e-5);
}

TEST_CASE("linear: only what is asked for is computed") {
  const at::Tensor x = at::randn({4, 6}), w = random({5, 6});
  CHECK(torch::autograd::grad({kernels::linear(x, {w, {}}, {}).sum()}, {w})[0].sizes() == w.sizes());
  CHECK_FALSE(kernels::linear(x, {w.detach(), {}}, {}).requires_grad());
  CHECK_THROWS(kernels::linear(at::ones({4, 5}), {w, {}}, {}));
}

TEST_CASE("linear: one matrix may serve two calls") {
  const at::Tensor x = at::randn({4, 6}), w = random({6, 6});
  const Weight weight{w, {}};
  const at::Tensor y = kernels::linear(kernels::linear(x, weight, {}), weight, {}),
                   plain = at::linear(at::linear(x, w), w);
  CHECK(difference(torch::autograd::grad({y.sum()}, {w})[0], torch::autograd::grad({plain.sum()}, {w})[0]) < 1e-5);
}
