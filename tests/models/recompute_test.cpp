// model.recompute: less memory, and otherwise nothing.
#include "tests/kernels/compare.h"
#include "attend/tensor/counting_allocator.h"
#include "tests/training/tiny_task.h"

using namespace attend;
using namespace attend::test;

namespace {

Config config_of(bool recompute, NormPosition position) {
  auto config = training_config();
  config.model.norm_position = position;
  config.model.recompute = recompute;
  return config;
}

}  // namespace

TEST_CASE("recompute: loss, gradients and weights have the same bits, dropout on, in every precision") {
  const auto position = GENERATE(NormPosition::pre, NormPosition::post);
  const auto [type, compute] = GENERATE(table<at::ScalarType, at::ScalarType>(
      {{at::kFloat, at::kFloat}, {at::kFloat, at::kBFloat16}, {at::kDouble, at::kFloat}}));
  TinyUpdates plain(config_of(false, position), type, compute), again(config_of(true, position), type, compute);
  for (std::int64_t t = 1; t <= 2; ++t) {
    const std::vector<Batch> batches{random_pairs(5), random_pairs(3, 7)};
    const auto expected = plain.update(t, batches), got = again.update(t, batches);
    REQUIRE(torch::equal(got.loss, expected.loss));
    REQUIRE(torch::equal(got.gradient_norm, expected.gradient_norm));
    const auto gradients = plain.gradients(), weights = plain.weights();
    for (const auto& [name, gradient] : again.gradients()) REQUIRE(torch::equal(gradient, gradients.at(name)));
    for (const auto& [name, weight] : again.weights()) REQUIRE(torch::equal(weight, weights.at(name)));
  }
}

TEST_CASE("recompute: layers above frozen embeddings and below frozen layers learn the same") {
  const std::string frozen = GENERATE("embedding.*", "encoder.layers.1.*", "decoder.layers.0.*");
  auto config = config_of(false, NormPosition::pre);
  ParameterGroupConfig group;
  group.pattern = frozen;
  group.frozen = true;
  config.training.optimizer.groups = {group};
  TinyUpdates plain(config);
  config.model.recompute = true;
  TinyUpdates again(config);
  plain.update(1, {random_pairs(5)});
  again.update(1, {random_pairs(5)});
  const auto gradients = plain.gradients();
  REQUIRE(again.gradients().size() == gradients.size());
  for (const auto& [name, gradient] : again.gradients()) {
    INFO(name);
    REQUIRE(torch::equal(gradient, gradients.at(name)));
    REQUIRE(gradient.ne(0).any().item<bool>());
  }
}

TEST_CASE("recompute: the more layers, the more memory is saved") {
  const Threads one(1);  // the peaks of several threads' parts meet or not, as it happens
  const auto peak_of = [](bool recompute, std::int64_t layers) {
    auto config = config_of(recompute, NormPosition::pre);
    config.model.d_model = 32;
    config.model.d_ff = 128;
    config.model.encoder_layers = config.model.decoder_layers = layers;
    TinyUpdates training(config);
    Batch batch;
    batch.rows = 32;
    batch.tensors = {
        {"source", real_tokens(32, 40, 1)}, {"target", real_tokens(32, 40, 2)}, {"labels", real_tokens(32, 40, 3)}};
    const CountingAllocator counter;
    training.update(1, {batch});
    return counter.peak();
  };
  const auto plain = peak_of(false, 6), again = peak_of(true, 6);
  INFO(plain << " bytes against " << again);
  REQUIRE(again * 3 < plain);
  // A layer adds its input and little more.
  const std::int64_t input = 32 * 40 * 32 * 4;
  REQUIRE(peak_of(true, 8) - again <= 2 * 2 * 2 * input);
}
