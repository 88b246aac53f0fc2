// What the tests of this folder share: random tensors and the comparison of a fast path with its reference.
#pragma once

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <vector>

#include "attend/tensor/draws.h"
#include "tests/support/test.h"

namespace attend::test {

inline Dropout make_dropout(double p, std::uint64_t seed = 7, std::int64_t first_row = 0) {
  return {p, {{seed, 3, first_row}, 2, Site::after_feed_forward}};
}

inline at::Tensor random(at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  return at::randn(shape).to(type).requires_grad_(true);
}

// Largest difference, relative to the largest entry of `b` where that is above 1.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  if (a.numel() == 0) return 0;
  const at::Tensor x = a.detach().to(at::kDouble), y = b.detach().to(at::kDouble);
  return (x - y).abs().max().item<double>() / std::max(1.0, y.abs().max().item<double>());
}

using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Values and the gradients of every input, for one random gradient of the result.
inline void require_same(const Function& fast, const Function& plain, const std::vector<at::Tensor>& inputs,
                         double tolerance) {
  const at::Tensor a = fast(inputs), b = plain(inputs);
  REQUIRE(a.scalar_type() == b.scalar_type());
  REQUIRE(difference(a, b) <= tolerance);
  const at::Tensor dy = at::randn(b.sizes()).to(b.scalar_type());
  const auto x = torch::autograd::grad({a}, inputs, {dy}), y = torch::autograd::grad({b}, inputs, {dy});
  for (std::size_t i = 0; i < x.size(); ++i) {
    INFO("gradient of input " << i);
    REQUIRE(x[i].scalar_type() == y[i].scalar_type());
    REQUIRE(difference(x[i], y[i]) <= tolerance);
  }
}

// Central differences in double against autograd, along one random direction per input.
inline void require_gradient(const Function& f, std::vector<at::Tensor> inputs) {
  const at::Tensor y = f(inputs), dy = at::randn(y.sizes(), y.options());
  const auto gradients = torch::autograd::grad({y}, inputs, {dy});
  at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor direction = at::randn(inputs[i].sizes(), inputs[i].options()), kept = inputs[i];
    const double step = 1e-6;
    inputs[i] = kept + step * direction;
    const double above = (f(inputs) * dy).sum().item<double>();
    inputs[i] = kept - step * direction;
    const double below = (f(inputs) * dy).sum().item<double>();
    inputs[i] = kept;
    const double expected = (above - below) / (2 * step), got = (gradients[i] * direction).sum().item<double>();
    INFO("input " << i);
    REQUIRE(got == Approx(expected).epsilon(1e-5).margin(1e-6));
  }
}

}  // namespace attend::test
