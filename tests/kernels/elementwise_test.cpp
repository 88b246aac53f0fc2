#include "attend/kernels/elementwise.h"

#include "tests/kernels/compare.h"
#include "tests/support/threads.h"

using namespace attend;
using namespace attend::test;

namespace {

// Rows of one vector and less, of parts of vectors, and longer than a block of draws.
const std::vector<std::vector<std::int64_t>> kShapes = {{3, 5, 16},  {2, 7, 10}, {1, 9, 128},
                                                        {4, 33, 72}, {2, 1, 6},  {5, 64}};

double tolerance(at::ScalarType type) { return type == at::kFloat ? 2e-6 : 1e-2; }

}  // namespace

TEST_CASE("dropout and add_dropout: fast equals reference") {
  for (const auto& shape : kShapes)
    for (const double p : {0.0, 0.3})
      for (const auto residual : {at::kFloat, at::kBFloat16})
        for (const auto update : {at::kFloat, at::kBFloat16}) {
          const Dropout d = make_dropout(p);
          require_same([&](auto& x) { return kernels::add_dropout(x[0], x[1], d); },
                       [&](auto& x) { return kernels::reference::add_dropout(x[0], x[1], d); },
                       {random(shape, residual), random(shape, update)}, tolerance(residual));
          if (p > 0)
            require_same([&](auto& x) { return kernels::dropout(x[0], d); },
                         [&](auto& x) { return kernels::reference::dropout(x[0], d); }, {random(shape, residual)},
                         tolerance(residual));
        }
}

TEST_CASE("dropout: forward and backward draw one mask") {
  const at::Tensor x = at::ones({3, 700}).requires_grad_(true);
  const at::Tensor y = kernels::dropout(x, make_dropout(0.3));
  CHECK(torch::autograd::grad({y.sum()}, {x})[0].equal(y.detach()));
}

TEST_CASE("activate: fast equals reference for every activation") {
  for (const auto& entry : kActivations)
    for (const auto& shape : kShapes)
      for (const double p : {0.0, 0.2})
        for (const auto type : {at::kFloat, at::kBFloat16}) {
          INFO(entry.name << " " << at::IntArrayRef(shape));
          const Dropout d = make_dropout(p);
          require_same([&](auto& x) { return kernels::activate(x[0], entry.value, d); },
                       [&](auto& x) { return kernels::reference::activate(x[0], entry.value, d); },
                       {random(shape, type)}, tolerance(type));
        }
}

TEST_CASE("activate: large arguments stay finite") {
  for (const auto& entry : kActivations) {
    const at::Tensor x =
        at::tensor({-1e4f, -100.0f, -20.0f, -0.0f, 0.0f, 20.0f, 100.0f, 1e4f}).view({1, 8}).requires_grad_(true);
    const at::Tensor y = kernels::activate(x, entry.value, {});
    CHECK(difference(y, kernels::reference::activate(x, entry.value, {})) < 1e-6);
    CHECK(at::isfinite(torch::autograd::grad({y.sum()}, {x})[0]).all().item<bool>());
  }
}

TEST_CASE("activate: the reference's gradient is the derivative") {
  for (const auto& entry : kActivations)
    require_gradient([&](auto& x) { return kernels::reference::activate(x[0], entry.value, make_dropout(0.2)); },
                     {random({3, 4, 6}, at::kDouble)});
}

TEST_CASE("embed: fast equals reference, with and without positions") {
  const at::Tensor ids = at::randint(0, 11, {3, 7}, at::kLong);
  for (const std::int64_t D : {16, 10, 40})
    for (const int positions : {0, 2, 3})
      for (const std::int64_t padding : {-1, 0}) {
        std::vector<at::Tensor> inputs = {random({11, D})};
        if (positions == 2) inputs.push_back(random({7, D}));
        if (positions == 3) inputs.push_back(random({3, 7, D}));
        const auto input = [&](const std::vector<at::Tensor>& x) {
          return kernels::EmbeddingInput{ids, x[0], x.size() > 1 ? x[1] : at::Tensor(), 3.5, padding};
        };
        require_same([&](auto& x) { return kernels::embed(input(x), make_dropout(0.3)); },
                     [&](auto& x) { return kernels::reference::embed(input(x), make_dropout(0.3)); }, inputs, 2e-6);
      }
}

TEST_CASE("embed: an id outside the table is an error") {
  CHECK_THROWS(kernels::embed({at::full({1, 2}, 4, at::kLong), at::ones({4, 8}), {}, 1.0, -1}, {}));
  CHECK_THROWS(kernels::embed({at::full({1, 2}, -1, at::kLong), at::ones({4, 8}), {}, 1.0, -1}, {}));
}

TEST_CASE("elementwise: one thread or many, the same bits") {
  const at::Tensor ids = at::randint(0, 50, {8, 30}, at::kLong), table = random({50, 128});
  const at::Tensor dy = at::randn({8, 30, 128});
  std::vector<at::Tensor> results;
  for (const int n : {1, 2, 3}) {
    const Threads some(n);
    results.push_back(
        torch::autograd::grad({kernels::embed({ids, table, {}, 2.0, 0}, make_dropout(0.1))}, {table}, {dy})[0]);
  }
  CHECK(results[0].equal(results[1]));
  CHECK(results[0].equal(results[2]));
}
