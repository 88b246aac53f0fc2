#include "attend/kernels/norm.h"

#include "tests/kernels/compare.h"
#include "tests/support/threads.h"

using namespace attend;
using namespace attend::test;

TEST_CASE("norms: fast equals reference over sizes and types") {
  for (const std::int64_t D : {1, 5, 16, 100, 128, 512})
    for (const std::int64_t rows : {1, 3, 64, 65, 200})
      for (const auto in : {at::kFloat, at::kBFloat16})
        for (const auto out : {at::kFloat, at::kBFloat16}) {
          INFO(rows << " x " << D);
          const double tolerance = D == 1 ? 1 : in == at::kFloat && out == at::kFloat ? 1e-5 : 1e-2;
          const std::vector<at::Tensor> inputs = {random({rows, D}, in), random({D}), random({D})};
          require_same([&](auto& x) { return kernels::layer_norm(x[0], x[1], x[2], 1e-5, out); },
                       [&](auto& x) { return kernels::reference::layer_norm(x[0], x[1], x[2], 1e-5, out); }, inputs,
                       tolerance);
          require_same([&](auto& x) { return kernels::layer_norm(x[0], x[1], {}, 1e-5, out); },
                       [&](auto& x) { return kernels::reference::layer_norm(x[0], x[1], {}, 1e-5, out); },
                       {inputs[0], inputs[1]}, tolerance);
          require_same([&](auto& x) { return kernels::rms_norm(x[0], x[1], 1e-6, out); },
                       [&](auto& x) { return kernels::reference::rms_norm(x[0], x[1], 1e-6, out); },
                       {inputs[0], inputs[1]}, tolerance);
        }
}

TEST_CASE("norms: the reference agrees with ATen and with finite differences") {
  const std::vector<at::Tensor> inputs = {random({4, 6}, at::kDouble), random({6}, at::kDouble),
                                          random({6}, at::kDouble)};
  CHECK(difference(kernels::reference::layer_norm(inputs[0], inputs[1], inputs[2], 1e-5, at::kDouble),
                   at::layer_norm(inputs[0], {6}, inputs[1], inputs[2], 1e-5)) < 1e-12);
  require_gradient([](auto& x) { return kernels::layer_norm(x[0], x[1], x[2], 1e-5, at::kDouble); }, inputs);
  require_gradient([](auto& x) { return kernels::rms_norm(x[0], x[1], 1e-5, at::kDouble); }, {inputs[0], inputs[1]});
}

TEST_CASE("norms: a large offset does not spoil the variance") {
  const at::Tensor x = at::randn({5, 128}) + 1000.0;
  const at::Tensor expected = at::layer_norm(x.to(at::kDouble), {128}, {}, {}, 1e-5);
  CHECK(difference(kernels::layer_norm(x, at::ones({128}), {}, 1e-5, at::kFloat), expected) < 1e-3);
}

TEST_CASE("norms: one thread or many, the same bits") {
  const at::Tensor x = random({1000, 128}), weight = random({128}), bias = random({128}), dy = at::randn({1000, 128});
  std::vector<at::Tensor> results;
  for (const int n : {1, 2, 3}) {
    const Threads some(n);
    results.push_back(
        torch::autograd::grad({kernels::layer_norm(x, weight, bias, 1e-5, at::kFloat)}, {weight}, {dy})[0]);
  }
  CHECK(results[0].equal(results[1]));
  CHECK(results[0].equal(results[2]));
}
