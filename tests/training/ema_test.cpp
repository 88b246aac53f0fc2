// Moving averages of the weights: the formula, and that training never notices them.
#include "attend/storage/manifest.h"
#include "attend/training/ema.h"

#include "attend/checkpoint/tensor_file.h"
#include "attend/core/error.h"
#include "tests/kernels/compare.h"
#include "tests/support/scratch.h"
#include "tests/training/tiny_task.h"

using namespace attend;
using namespace attend::test;

namespace {

Config averaged_config(double decay) {
  auto config = training_config();
  config.training.ema.decay = decay;
  return config;
}

}  // namespace

TEST_CASE("ema: the decay warms up as (1 + t) / (10 + t)") {
  REQUIRE(Ema::decay_at(0.999, 1) == Approx(2.0 / 11));
  REQUIRE(Ema::decay_at(0.999, 90) == Approx(0.91));
  REQUIRE(Ema::decay_at(0.999, 1'000'000) == 0.999);
}

TEST_CASE("ema: the averages follow the formula, and training is the same with and without them") {
  const auto compute = GENERATE(at::kFloat, at::kBFloat16);
  TinyUpdates with(averaged_config(0.5), at::kFloat, compute), without(training_config(), at::kFloat, compute);
  std::map<std::string, at::Tensor> expected;
  for (const auto& [name, weight] : with.weights()) expected[name] = weight.to(at::kDouble);
  for (std::int64_t t = 1; t <= 12; ++t) {
    with.update(t, {random_pairs(4, static_cast<std::uint64_t>(t))});
    without.update(t, {random_pairs(4, static_cast<std::uint64_t>(t))});
    const double decay = std::min(0.5, (1.0 + static_cast<double>(t)) / (10.0 + static_cast<double>(t)));
    for (const auto& [name, weight] : with.weights())
      expected[name] = decay * expected[name] + (1 - decay) * weight.to(at::kDouble);
    const auto averaged = with.step->averaged();  // in and out again at every step
  }
  const auto trained = without.weights();
  for (const auto& [name, weight] : with.weights()) REQUIRE(torch::equal(weight, trained.at(name)));
  const auto pairs = random_pairs(4);
  const auto hidden = [&] { return with.model->encode(pairs["source"], {}).hidden.detach().clone(); };
  const auto own = hidden();
  {
    const auto averaged = with.step->averaged();
    for (const auto& [name, weight] : with.weights()) REQUIRE(difference(weight, expected.at(name)) < 1e-6);
    REQUIRE_FALSE(torch::equal(hidden(), own));
  }
  REQUIRE(torch::equal(hidden(), own));
}

TEST_CASE("ema: a checkpoint has the whole averaged model, frozen parts included, and goes on from it") {
  const Scratch scratch;
  auto config = averaged_config(0.9);
  ParameterGroupConfig frozen;
  frozen.pattern = "encoder.*";
  frozen.frozen = true;
  config.training.optimizer.groups = {frozen};
  TinyUpdates first(config), second(config);
  for (std::int64_t t = 1; t <= 3; ++t) first.update(t, {random_pairs(4)});
  Json state;
  const auto files = first.step->save(state);
  REQUIRE(files.at("ema.safetensors").size() == first.weights().size());
  for (const auto& [name, tensors] : files) save_tensors(scratch / name, tensors);
  write_manifest(scratch.path());
  {
    const torch::NoGradGuard no_grad;
    for (auto& item : second.model->named_parameters()) item.value().copy_(first.weights().at(item.key()));
  }
  second.step->load(scratch.path(), state);
  first.update(4, {random_pairs(4)});
  second.update(4, {random_pairs(4)});
  const auto one = first.step->averaged();
  const auto other = second.step->averaged();
  const auto expected = first.weights();
  for (const auto& [name, weight] : second.weights()) REQUIRE(torch::equal(weight, expected.at(name)));

  auto broken = files.at("ema.safetensors");
  broken.erase(broken.find("decoder.final_norm.weight"));
  save_tensors(scratch / "ema.safetensors", broken);
  REQUIRE_THROWS_AS(second.step->load(scratch.path(), state), ModelError);
}
