#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>

#include "attend/kernels/optimizer.h"

#include <ATen/Functions.h>

#include "tests/kernels/compare.h"
#include "tests/support/threads.h"

using namespace attend;
using namespace attend::test;
using kernels::AdamArguments;

namespace {

// Twenty steps of ours and of LibTorch's optimizer on the same gradients.
void require_like_torch(torch::optim::Optimizer& theirs, const at::Tensor& leaf, AdamArguments arguments) {
  const at::Tensor w = leaf.detach().clone(), m = at::zeros_like(w), v = at::zeros_like(w),
                   working = at::zeros(w.sizes(), at::kBFloat16);
  for (arguments.step = 1; arguments.step <= 20; ++arguments.step) {
    const at::Tensor g = at::randn(w.sizes());
    leaf.mutable_grad() = g.clone();
    theirs.step();
    kernels::adam({w, g * 4, m, v, working}, at::tensor(0.25f), arguments);
    REQUIRE(difference(w, leaf) < 2e-6);
    REQUIRE(working.equal(w.to(at::kBFloat16)));
  }
}

}  // namespace

TEST_CASE("adam: twenty steps as LibTorch's Adam and AdamW") {
  for (const std::int64_t n : {5, 1000, 100003})
    for (const double decay : {0.0, 0.1}) {
      AdamArguments a{0.01, 0.9, 0.98, 1e-9, decay, false, 1};
      const at::Tensor x = random({n});
      torch::optim::Adam adam({x},
                              torch::optim::AdamOptions(a.lr).betas({a.beta1, a.beta2}).eps(a.eps).weight_decay(decay));
      require_like_torch(adam, x, a);
      a.decoupled = true;
      const at::Tensor y = random({n});
      torch::optim::AdamW adamw(
          {y}, torch::optim::AdamWOptions(a.lr).betas({a.beta1, a.beta2}).eps(a.eps).weight_decay(decay));
      require_like_torch(adamw, y, a);
    }
}

TEST_CASE("optimizers: the fast pass is the plain one, working copies included") {
  for (const std::int64_t n : {1, 17, 100003}) {
    const at::Tensor g = at::randn({n}), scale = at::tensor(0.5f);
    const auto copy = [](const at::Tensor& x) { return x.clone(); };
    const at::Tensor w = at::randn({n}), m = at::randn({n}), v = at::rand({n}), low = w.to(at::kBFloat16);
    for (const double decay : {0.0, 0.1}) {
      for (const auto rule : {kernels::MomentumRule::sgd, kernels::MomentumRule::lion}) {
        const kernels::MomentumArguments a{rule, 0.01, 0.9, 0.95, decay};
        const kernels::MomentumBuffers fast{copy(w), g, copy(m), copy(low)}, plain{copy(w), g, copy(m), copy(low)};
        kernels::momentum(fast, scale, a);
        kernels::reference::momentum(plain, scale, a);
        REQUIRE(difference(fast.weights, plain.weights) < 2e-6);
        REQUIRE(difference(fast.moment, plain.moment) < 2e-6);
        REQUIRE(fast.working.equal(fast.weights.to(at::kBFloat16)));
      }
      for (const bool decoupled : {false, true}) {
        const AdamArguments a{0.01, 0.9, 0.98, 1e-9, decay, decoupled, 3};
        const kernels::AdamBuffers fast{copy(w), g, copy(m), copy(v), copy(low)},
            plain{copy(w), g, copy(m), copy(v), copy(low)};
        kernels::adam(fast, scale, a);
        kernels::reference::adam(plain, scale, a);
        REQUIRE(difference(fast.weights, plain.weights) < 2e-6);
        REQUIRE(difference(fast.second_moment, plain.second_moment) < 2e-6);
      }
    }
  }
}

TEST_CASE("norm: the length of the whole buffer, whatever the threads") {
  const at::Tensor x = at::randn({100003});
  const at::Tensor expected = x.to(at::kDouble).norm();
  for (const int n : {1, 2, 3}) {
    const Threads some(n);
    CHECK(kernels::norm(x).equal(expected.to(at::kFloat)));
  }
  CHECK(kernels::norm(at::zeros({0})).item<float>() == 0.0f);
  CHECK(kernels::norm(at::full({2}, 3e38)).isinf().item<bool>());
}
