// Weights of pairs: a row of weight 2 is the row twice, one of weight 0 is not there, and splitting a batch changes
// nothing.
#include "attend/training/batch_gradients.h"
#include "tests/kernels/compare.h"
#include "tests/training/tiny_task.h"

using namespace attend;
using namespace attend::test;

namespace {

struct Sums {
  double loss, nll, count;
  std::vector<at::Tensor> gradients;
};

Sums sums_of(EncoderDecoder& model, const Batch& batch) {
  const auto terms = model.loss(batch["source"], batch["target"], batch["labels"], {}, {0.1, batch.find("weights")});
  return {terms[0].sum.item<double>(), terms[1].sum.item<double>(), terms[0].count.item<double>(),
          torch::autograd::grad({terms[0].sum}, model.parameters())};
}

Batch weighted(Batch batch, const std::vector<float>& weights) {
  batch.tensors["weights"] = torch::tensor(weights);
  return batch;
}

Batch rows_of(const Batch& batch, const std::vector<std::int64_t>& rows) {
  Batch some = batch;
  some.rows = std::ssize(rows);
  for (auto& [name, tensor] : some.tensors) tensor = tensor.index_select(0, torch::tensor(rows));
  return some;
}

void require_equal(const Sums& a, const Sums& b) {
  CHECK(a.loss == Approx(b.loss).epsilon(1e-6));
  CHECK(a.nll == Approx(b.nll).epsilon(1e-6));
  CHECK(a.count == Approx(b.count));
  for (std::size_t i = 0; i < a.gradients.size(); ++i) REQUIRE(difference(a.gradients[i], b.gradients[i]) < 1e-5);
}

}  // namespace

TEST_CASE("pair weights: weight 2 is the pair twice in one batch, weight 0 is the batch without it") {
  const auto model = tiny_model(tiny_config());
  const Batch batch = random_pairs(4);
  require_equal(sums_of(*model, weighted(batch, {1, 2, 0, 1})), sums_of(*model, rows_of(batch, {0, 1, 1, 3})));
  require_equal(sums_of(*model, weighted(batch, {1, 1, 1, 1})), sums_of(*model, batch));
  const auto all = sums_of(*model, batch), half = sums_of(*model, weighted(batch, {0.5, 0.5, 0.5, 0.5}));
  CHECK(half.loss / half.count == Approx(all.loss / all.count));  // a mean knows no unit of weight
}

TEST_CASE(
    "pair weights: an update of the weighted batch is that of the batch with the pair twice, however it is split") {
  auto config = training_config();
  config.model.dropout = config.model.attention_dropout = config.model.activation_dropout = 0;  // masks go by rows
  config.model.embedding_dropout = 0;
  // Adam makes steps of noise where a gradient is 0
  test::choose_optimizer(config.training.optimizer, OptimizerType::sgd, {0, 0});
  const Batch batch = random_pairs(4);
  const auto after = [&](const std::vector<Batch>& batches) {
    TinyUpdates updates(config);
    for (std::int64_t step = 1; step <= 3; ++step) updates.update(step, batches);
    return updates.weights();
  };
  const auto together = after({weighted(batch, {1, 2, 0.001f, 1})});
  const auto apart = after({weighted(rows_of(batch, {0, 1}), {1, 2}), weighted(rows_of(batch, {2, 3}), {0.001f, 1})});
  const auto twice = after({rows_of(weighted(batch, {1, 1, 0.001f, 1}), {0, 1, 1, 2, 3})});
  for (const auto& [name, tensor] : together) {
    INFO(name);
    CHECK(difference(apart.at(name), tensor) < 1e-4);
    CHECK(difference(twice.at(name), tensor) < 1e-4);
  }
  // Weights whose sum is below 1 are divided by that sum as others are.
  const auto small = after({weighted(batch, {1e-3f, 2e-3f, 1e-6f, 1e-3f})});
  for (const auto& [name, tensor] : together) CHECK(difference(small.at(name), tensor) < 1e-4);
}
