#include "attend/kernels/cross_entropy.h"

#include <ATen/Functions.h>

#include "tests/kernels/compare.h"

using namespace attend;
using namespace attend::test;
using kernels::CrossEntropyInput;

namespace {

// ATen's own loss over the same logits: another implementation altogether.
at::Tensor aten_loss(const CrossEntropyInput& in, double smoothing) {
  const at::Tensor z = at::linear(in.hidden, in.weight.master, in.bias.master);
  return at::cross_entropy_loss(z, in.labels, {}, at::Reduction::Sum, in.ignore, smoothing);
}

CrossEntropyInput problem(std::int64_t rows, std::int64_t V, bool biased, at::ScalarType type = at::kFloat) {
  CrossEntropyInput in;
  in.hidden = random({rows, 24}, type);
  in.weight.master = random({V, 24}, type);
  if (biased) in.bias.master = random({V}, type);
  in.labels = at::randint(0, V, {rows}, at::kLong);
  in.smoothing = 0.1;
  return in;
}

std::vector<at::Tensor> leaves(const CrossEntropyInput& in) {
  std::vector<at::Tensor> x = {in.hidden, in.weight.master};
  if (in.bias.defined()) x.push_back(in.bias.master);
  return x;
}

}  // namespace

TEST_CASE("cross-entropy: agrees with ATen in values and gradients") {
  for (const auto type : {at::kFloat, at::kDouble})
    for (const std::int64_t V : {3, 16, 50, 1000})
      for (const bool biased : {false, true})
        for (const double smoothing : {0.0, 0.1}) {
          CrossEntropyInput in = problem(70, V, biased, type);
          in.smoothing = smoothing;
          const auto got = kernels::cross_entropy(in);
          const at::Tensor expected = aten_loss(in, smoothing);
          CHECK(difference(got.smoothed, expected) < 1e-5);
          CHECK(difference(got.nll, aten_loss(in, 0)) < 1e-5);
          CHECK(got.count.item<std::int64_t>() == in.labels.ne(0).sum().item<std::int64_t>());
          const auto x = torch::autograd::grad({got.smoothed * 0.25}, leaves(in)),
                     y = torch::autograd::grad({expected * 0.25}, leaves(in));
          for (std::size_t i = 0; i < x.size(); ++i) CHECK(difference(x[i], y[i]) < 1e-5);
        }
}

// The same problem in double: float32's own sums over so many classes differ in the fourth digit.
static CrossEntropyInput in_double(const CrossEntropyInput& in) {
  CrossEntropyInput wide = in;
  wide.hidden = in.hidden.detach().to(at::kDouble).requires_grad_(true);
  wide.weight.master = in.weight.master.detach().to(at::kDouble).requires_grad_(true);
  wide.bias.master = in.bias.master.detach().to(at::kDouble).requires_grad_(true);
  return wide;
}

TEST_CASE("cross-entropy: many chunks are one") {
  const CrossEntropyInput in = problem(500, 90000, true), wide = in_double(in);
  const auto got = kernels::cross_entropy(in);
  const at::Tensor expected = aten_loss(wide, 0.1);
  CHECK(difference(got.smoothed, expected) < 1e-5);
  const auto x = torch::autograd::grad({got.smoothed}, leaves(in)),
             y = torch::autograd::grad({expected}, leaves(wide), {}, true);
  for (std::size_t i = 0; i < x.size(); ++i) {
    INFO("gradient " << i);
    CHECK(difference(x[i], y[i]) < 3e-5);
  }
  // Double takes the way of every device but the CPU in float32 or bfloat16.
  const auto plain = kernels::cross_entropy(wide);
  CHECK(difference(plain.smoothed, expected) < 1e-12);
  const auto z = torch::autograd::grad({plain.smoothed}, leaves(wide));
  for (std::size_t i = 0; i < z.size(); ++i) CHECK(difference(z[i], y[i]) < 1e-11);
}

TEST_CASE("cross-entropy: bfloat16 comes near the float32 result, gradients in the masters' type") {
  CrossEntropyInput in = problem(90, 300, true);
  in.weight.working = in.weight.master.detach().to(at::kBFloat16);
  const auto got = kernels::cross_entropy(in), plain = kernels::reference::cross_entropy(in);
  CHECK(difference(got.smoothed, plain.smoothed) < 1e-4);
  const auto x = torch::autograd::grad({got.smoothed}, leaves(in)),
             y = torch::autograd::grad({plain.smoothed}, leaves(in));
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(x[i].scalar_type() == at::kFloat);
    CHECK(difference(x[i], y[i]) < 2e-2);
  }
}

TEST_CASE("cross-entropy: ignored rows count nothing and get no gradient") {
  CrossEntropyInput in = problem(9, 20, false);
  in.labels.index_put_({at::tensor({1, 4, 8})}, at::tensor(0, at::kLong));
  const auto got = kernels::cross_entropy(in);
  const at::Tensor dh = torch::autograd::grad({got.smoothed}, {in.hidden})[0];
  for (const std::int64_t row : {1, 4, 8}) CHECK(dh[row].abs().max().item<float>() == 0.0f);
  in.labels.zero_();
  const auto none = kernels::cross_entropy(in);
  CHECK(none.count.item<std::int64_t>() == 0);
  CHECK(none.smoothed.item<float>() == 0.0f);
  CHECK(torch::autograd::grad({none.smoothed}, {in.weight.master})[0].abs().max().item<float>() == 0.0f);
}

// sum_i w_i l_i with l_i each row's own loss by ATen; the count is the sum of w over rows that count.
TEST_CASE("cross-entropy: a row counts as its weight says, in loss, count and gradients") {
  for (const auto type : {at::kFloat, at::kDouble}) {
    CrossEntropyInput in = problem(80, 50, true, type);
    in.labels.index_put_({at::tensor({3, 40})}, at::tensor(0, at::kLong));
    in.row_weights = at::rand({80}) * 3;
    in.row_weights.index_put_({at::tensor({5, 60})}, at::tensor(0.0f));
    const at::Tensor z = at::linear(in.hidden, in.weight.master, in.bias.master);
    const at::Tensor each = at::cross_entropy_loss(z, in.labels, {}, at::Reduction::None, in.ignore, in.smoothing);
    const at::Tensor expected = (each * in.row_weights.to(type)).sum();
    for (const auto& got : {kernels::cross_entropy(in), kernels::reference::cross_entropy(in)}) {
      CHECK(difference(got.smoothed, expected) < 1e-5);
      CHECK(got.count.item<double>() == Approx((in.row_weights * in.labels.ne(0)).sum().item<double>()));
      const auto x = torch::autograd::grad({got.smoothed}, leaves(in)),
                 y = torch::autograd::grad({expected}, leaves(in), {}, true);
      for (std::size_t i = 0; i < x.size(); ++i) CHECK(difference(x[i], y[i]) < 1e-5);
      CHECK(x[0][5].abs().max().item<double>() == 0);
    }
    in.row_weights.fill_(1);
    CrossEntropyInput plain = in;
    plain.row_weights = at::Tensor();
    CHECK(at::equal(kernels::cross_entropy(in).smoothed, kernels::cross_entropy(plain).smoothed));
  }
}

TEST_CASE("cross-entropy: a sum of losses that float32 cannot hold is infinite") {
  const at::NoGradGuard no_grad;
  CrossEntropyInput in = problem(200, 20, false);
  in.hidden = at::zeros_like(in.hidden);
  in.hidden.select(1, 0).fill_(1e38);
  CHECK(kernels::cross_entropy(in).smoothed.isinf().item<bool>());
}

TEST_CASE("cross-entropy: large logits stay finite, wrong labels are errors, no gradient without grad mode") {
  CrossEntropyInput in = problem(5, 20, false);
  at::NoGradGuard no_grad;
  in.hidden = in.hidden * 1e4;
  CHECK(at::isfinite(kernels::cross_entropy(in).smoothed).item<bool>());
  CHECK_FALSE(kernels::cross_entropy(in).smoothed.requires_grad());
  in.labels = at::full({5}, 20, at::kLong);
  CHECK_THROWS(kernels::cross_entropy(in));
}
