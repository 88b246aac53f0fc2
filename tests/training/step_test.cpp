// Laws of one update: accumulation, splitting when memory is short, skipping, frozen weights, moving averages.
#include "attend/storage/manifest.h"
#include "attend/training/step.h"

#include <c10/util/Exception.h>

#include <atomic>
#include <new>

#include "attend/checkpoint/tensor_file.h"
#include "attend/core/error.h"
#include "attend/training/meters.h"
#include "tests/kernels/compare.h"
#include "tests/support/scratch.h"
#include "tests/training/tiny_task.h"

using namespace attend;
using namespace attend::test;

namespace {

void require_close(const std::map<std::string, at::Tensor>& got, const std::map<std::string, at::Tensor>& expected,
                   double tolerance) {
  REQUIRE(got.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    INFO(name);
    if (tolerance == 0) REQUIRE(torch::equal(got.at(name), tensor));
    REQUIRE(difference(got.at(name), tensor) <= tolerance);
  }
}

// Memory for `rows` rows at most. The fault comes in the middle of backward, with gradients half written.
void limit_memory(TinyTask& task, std::int64_t rows, std::atomic<int>* faults) {
  task.then = [rows, faults](const Batch& batch, std::vector<LossTerm>& terms) {
    if (batch.rows <= rows) return;
    terms[0].sum.backward();
    if (++*faults % 2 == 0) throw std::bad_alloc();
    C10_THROW_ERROR(OutOfMemoryError, "forced");
  };
}

// A further term of the loss: half the squares of the embeddings of all targets, as a sum over the rows.
void penalise_embeddings(TinyUpdates& updates) {
  updates.task.then = [model = updates.model](const Batch& batch, std::vector<LossTerm>& terms) {
    const auto table = model->named_parameters()["embedding.weight"];
    const auto squares = table.index_select(0, batch["target"].flatten()).pow(2).sum();
    terms.push_back({"squares", squares, torch::full({}, batch.rows, torch::kInt64), 0.5});
  };
}

}  // namespace

TEST_CASE("step: an accumulated batch is the large batch, in double with dropout to 1e-12") {
  TinyUpdates large(training_config(), at::kDouble), small(training_config(), at::kDouble);
  const auto whole = random_pairs(7);
  auto parts = whole.split(3);
  const auto expected = large.update(4, {whole}), got = small.update(4, {parts[0], parts[1], parts[2]});
  require_close(small.gradients(), large.gradients(), 1e-12);
  REQUIRE(got.loss().sum.item<double>() == Approx(expected.loss().sum.item<double>()).epsilon(1e-12));
  REQUIRE(got.loss().count.item<double>() == expected.loss().count.item<double>());
  // Adam's first step is the sign of the gradient, whatever its size: entries of no gradient but rounding may differ.
  TinyUpdates other(training_config(), at::kDouble);
  other.update(5, {whole});
  REQUIRE(difference(other.gradients().at("embedding.weight"), large.gradients().at("embedding.weight")) > 1e-3);
}

TEST_CASE("step: parts of a batch on threads give the gradient of the whole, in double with dropout to 1e-12") {
  const std::int64_t rows = GENERATE(2, 3, 7);  // fewer than the threads, as many, more
  const auto updated = [&](int threads, at::ScalarType type) {
    const Threads some(threads);
    TinyUpdates updates(training_config(), type);
    penalise_embeddings(updates);
    const auto result = updates.update(4, {random_pairs(rows), random_pairs(rows, 9)});
    REQUIRE(result.applied.item<bool>());
    REQUIRE(result.terms.size() == 3);
    auto all = updates.gradients();
    for (const auto& term : result.terms) {
      all[term.name + " sum"] = term.sum;
      all[term.name + " count"] = term.count;
    }
    return all;
  };
  require_close(updated(3, at::kDouble), updated(1, at::kDouble), 1e-12);
  for (int i = 0; i < 5; ++i) require_close(updated(3, at::kFloat), updated(3, at::kFloat), 0);
}

TEST_CASE("batch: a split keeps rows, order and places, as equal as can be") {
  auto batch = random_pairs(7);
  batch.first_row = 20;
  const auto parts = batch.split(3);
  REQUIRE(parts.size() == 3);
  std::int64_t row = 0;
  for (const auto& part : parts) {
    REQUIRE(part.first_row == 20 + row);
    REQUIRE(part.rows >= 2);
    for (const auto& [name, tensor] : part.tensors)
      REQUIRE(torch::equal(tensor, batch[name].narrow(0, row, part.rows)));
    row += part.rows;
  }
  REQUIRE(row == 7);
  REQUIRE(batch.split(100).size() == 7);
  REQUIRE(batch.split(0).size() == 1);
}

TEST_CASE("step: a batch that does not fit is split and gives the same gradient, within 1e-6 in float") {
  const Threads one(1);  // else the parts of several threads may fit at once
  const std::int64_t fits = GENERATE(1, 2, 5);
  TinyUpdates roomy, tight;
  std::atomic<int> faults = 0;
  limit_memory(tight.task, fits, &faults);
  const std::vector<Batch> batches{random_pairs(3, 5), random_pairs(8, 9)};
  const auto expected = roomy.update(1, batches), got = tight.update(1, batches);
  REQUIRE(faults > 0);
  require_close(tight.gradients(), roomy.gradients(), 1e-6);
  REQUIRE(got.loss().sum.item<double>() == Approx(expected.loss().sum.item<double>()).epsilon(1e-6));
  REQUIRE(got.loss().count.item<double>() == expected.loss().count.item<double>());
  // What was learnt holds for the next update and is saved with a checkpoint.
  const int before = faults;
  tight.update(2, batches);
  REQUIRE(faults == before);
}

TEST_CASE("step: the size that fits is part of a checkpoint") {
  const Scratch scratch;
  TinyUpdates first, second;
  std::atomic<int> faults = 0;
  limit_memory(first.task, 2, &faults);
  limit_memory(second.task, 2, &faults);
  first.update(1, {random_pairs(8)});
  Json state;
  for (const auto& [name, tensors] : first.step->save(state)) save_tensors(scratch / name, tensors);
  write_manifest(scratch.path());
  second.step->load(scratch.path(), state);
  const int before = faults;
  second.update(2, {random_pairs(8)});
  REQUIRE(faults == before);
  state["update"]["largest_batch"] = "many";
  REQUIRE_THROWS_AS(second.step->load(scratch.path(), state), ModelError);
}

TEST_CASE("step: a row that does not fit alone is out of memory, with advice; other faults pass unchanged") {
  TinyUpdates training;
  std::atomic<int> faults = 0;
  limit_memory(training.task, 0, &faults);
  REQUIRE_THROWS_AS(training.update(1, {random_pairs(4)}), OutOfMemoryError);
  REQUIRE_THROWS_WITH(training.update(1, {random_pairs(4)}),
                      Catch::Contains("data.max_length") && Catch::Contains("model.recompute"));
  training.task.then = [](const Batch&, std::vector<LossTerm>&) { throw DataError("[data] expected something else"); };
  REQUIRE_THROWS_AS(training.update(1, {random_pairs(4)}), DataError);
}

TEST_CASE("step: an update whose loss or gradient is no number changes nothing and is counted") {
  const bool in_loss = GENERATE(true, false);
  const auto compute = GENERATE(at::kFloat, at::kBFloat16);
  TinyUpdates training(training_config(), at::kFloat, compute);
  training.update(1, {random_pairs(4)});
  const auto weights = training.weights();
  Json state;
  auto moments = training.step->save(state).at("optimizer.safetensors");
  for (auto& [name, tensor] : moments) tensor = tensor.clone();
  training.task.then = [&](const Batch&, std::vector<LossTerm>& terms) {
    const at::Tensor table = training.model->named_parameters()["embedding.weight"];
    if (in_loss) terms[0].sum = terms[0].sum + std::numeric_limits<double>::quiet_NaN();
    else terms[0].sum = terms[0].sum + (table * 0).sqrt().sum();  // the derivative of a root at 0 is infinite
  };
  const auto skipped = training.update(2, {random_pairs(4)});
  REQUIRE_FALSE(skipped.applied.item<bool>());
  require_close(training.weights(), weights, 0);
  require_close(training.step->save(state).at("optimizer.safetensors"), moments, 0);

  training.task.then = nullptr;
  const auto applied = training.update(3, {random_pairs(4)});
  REQUIRE(applied.applied.item<bool>());
  Meters meters;
  meters.add(skipped, {random_pairs(4)});
  meters.add(applied, {random_pairs(4)});
  const auto report = meters.report();
  REQUIRE(report.skipped == 1);
  REQUIRE(report.mean("loss") == Approx(applied.loss().sum.item<double>() / applied.loss().count.item<double>()));
  REQUIRE(report.gradient_norm == Approx(applied.gradient_norm.item<double>()));
  REQUIRE(report.source_tokens == 2 * random_pairs(4).source_tokens);
}

TEST_CASE("step: a further term weighs as its weight says, and its mean is over its own count") {
  TinyUpdates plain(training_config(), at::kDouble), more(training_config(), at::kDouble);
  penalise_embeddings(more);
  const auto batch = random_pairs(4);
  plain.update(1, {batch});
  const auto table = more.model->named_parameters()["embedding.weight"].detach().clone();
  const auto result = more.update(1, {batch});
  // d/dE of 0.5 * sum of E[target]^2 is E[target], once for each place of the target.
  auto expected = plain.gradients().at("embedding.weight").clone();
  const auto targets = batch["target"].flatten();
  expected.index_add_(0, targets, table.index_select(0, targets));
  CHECK(difference(more.gradients().at("embedding.weight"), expected) <= 1e-12);

  Meters meters;
  meters.add(result, {batch});
  const double squares = table.index_select(0, targets).pow(2).sum().item<double>();
  CHECK(meters.report().mean("squares") == Approx(squares / 4).epsilon(1e-12));
  Json state;
  meters.save(state);
  Meters loaded;
  loaded.load(state);
  for (const char* name : {"loss", "nll", "squares"})
    CHECK(loaded.report().mean(name) == meters.report().mean(name));
  loaded.add(result, {batch});
  CHECK(loaded.report().mean("squares") == Approx(squares / 4).epsilon(1e-12));
  // A checkpoint of a training that had no such term does not pass for one of this.
  Meters other;
  state["meters"]["terms"].erase(2);
  other.load(state);
  CHECK_THROWS_AS(other.add(result, {batch}), ModelError);
}

TEST_CASE("meters: sums that an older version stored are read") {
  const Json state{{"meters", {{"updates", 2}, {"source_tokens", 5}, {"target_tokens", 6}, {"padded_tokens", 20},
                               {"loss", 12.0}, {"nll", 9.0}, {"count", 6.0}, {"norms", 3.0}, {"applied", 2.0}}}};
  Meters meters;
  meters.load(state);
  const auto report = meters.report();
  CHECK(report.mean("loss") == 2.0);
  CHECK(report.mean("nll") == 1.5);
  CHECK(report.gradient_norm == 1.5);
  CHECK(report.skipped == 0);
}

TEST_CASE("step: frozen parts keep every bit, get no gradient, and the rest learns as it would") {
  const auto compute = GENERATE(at::kFloat, at::kBFloat16);
  auto config = training_config();
  ParameterGroupConfig frozen;
  frozen.frozen = true;
  for (const char* pattern : {"encoder.*", "embedding.*"}) {
    frozen.pattern = pattern;
    config.training.optimizer.groups.push_back(frozen);
  }
  config.training.clip_norm = 0;
  auto free = training_config();
  free.training.clip_norm = 0;
  TinyUpdates training(config, at::kFloat, compute), whole(free, at::kFloat, compute);
  const auto before = training.weights();
  training.update(1, {random_pairs(4)});
  whole.update(1, {random_pairs(4)});
  // The same gradients as without freezing, but only of what is trained.
  const auto all = whole.gradients(), some = training.gradients();
  for (const auto& [name, weight] : training.weights()) {
    INFO(name);
    const bool is_frozen = name.starts_with("encoder.") || name.starts_with("embedding.");
    REQUIRE(some.contains(name) == !is_frozen);
    REQUIRE(torch::equal(weight, before.at(name)) == is_frozen);
    if (!is_frozen) REQUIRE(torch::equal(some.at(name), all.at(name)));
  }
  // Nothing of the encoder is recorded for backward.
  ForwardContext context;
  context.training = true;
  REQUIRE_FALSE(training.model->encode(random_pairs(4)["source"], context).hidden.requires_grad());
}

TEST_CASE("step: frozen weights that are written from outside are read by the next pass in low precision") {
  auto config = training_config();
  ParameterGroupConfig frozen;
  frozen.pattern = "encoder.*";
  frozen.frozen = true;
  config.training.optimizer.groups = {frozen};
  TinyUpdates training(config, at::kFloat, at::kBFloat16);
  const auto encode = [&] { return training.model->encode(random_pairs(4)["source"], {}).hidden.detach().clone(); };
  const auto before = encode();
  {
    const torch::NoGradGuard no_grad;
    for (auto& item : training.model->named_parameters())
      if (item.key().ends_with("qkv.weight")) item.value().mul_(3);
  }
  training.step->refresh();
  REQUIRE_FALSE(torch::equal(encode(), before));
}
