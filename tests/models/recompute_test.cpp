// model.recompute: less memory, and otherwise nothing.
#include "attend/models/block.h"
#include "attend/tensor/counting_allocator.h"
#include "tests/kernels/compare.h"
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

// A sublayer that changes nothing, and adds the squares of what it reads to the loss.
class Energy : public Positionwise {
 public:
  at::Tensor forward(const PositionwiseInput& input) const override {
    const auto squares = input.x.to(at::kDouble).pow(2).sum(-1);
    const auto real = input.real.defined() ? input.real : torch::ones_like(squares, at::kBool);
    if (input.context.auxiliary)
      input.context.auxiliary->push_back({"energy", (squares * real).sum(), real.sum(), 0.1});
    return torch::zeros_like(input.x);
  }
  at::ScalarType compute_dtype() const override { return at::kDouble; }
};

void add_energy(EncoderDecoder& model) {
  const auto norm = std::make_shared<Norm>(NormType::none, 8, 1e-5, false);
  for (const auto& module : model.modules())
    if (const auto block = std::dynamic_pointer_cast<Block>(module))
      block->add("energy", {norm, nullptr, std::make_shared<Energy>(), Site::after_feed_forward, false});
}

}  // namespace

TEST_CASE("recompute: further terms of the loss keep their sums and their gradients") {
  TinyUpdates plain(config_of(false, NormPosition::pre), at::kDouble), again(config_of(true, NormPosition::pre), at::kDouble);
  TinyUpdates without(config_of(true, NormPosition::pre), at::kDouble);
  add_energy(*plain.model);
  add_energy(*again.model);
  const std::vector<Batch> batches{random_pairs(5), random_pairs(3, 7)};
  const auto expected = plain.update(1, batches), got = again.update(1, batches);
  without.update(1, batches);
  const auto &term = term_of(got.terms, "energy"), &wanted = term_of(expected.terms, "energy");
  CHECK(term.sum.item<double>() == Approx(wanted.sum.item<double>()).epsilon(1e-12));
  CHECK(term.count.item<double>() == wanted.count.item<double>());
  CHECK(term.count.item<double>() > 0);
  const auto gradients = plain.gradients(), others = without.gradients();
  for (const auto& [name, gradient] : again.gradients()) {
    INFO(name);
    CHECK(difference(gradient, gradients.at(name)) <= 1e-10);
  }
  CHECK(difference(gradients.at("embedding.weight"), others.at("embedding.weight")) > 1e-3);
}

TEST_CASE("positionwise: padding at the right changes no further term of the loss") {
  const auto config = config_of(false, NormPosition::pre);
  TinyUpdates updates(config, at::kDouble);
  add_energy(*updates.model);
  const auto energy = [&](std::int64_t padding) {
    const auto batch = random_pairs(3);
    const auto padded = [&](const std::string& name) { return torch::constant_pad_nd(batch[name], {0, padding}, 0); };
    ForwardContext context;
    std::vector<LossTerm> terms, sums;
    context.auxiliary = &terms;
    updates.model->loss(padded("source"), padded("target"), padded("labels"), context);
    add_terms(sums, terms);
    return std::pair(term_of(sums, "energy").sum.item<double>(), term_of(sums, "energy").count.item<double>());
  };
  const auto short_rows = energy(0), long_rows = energy(4);
  CHECK(long_rows.first == Approx(short_rows.first).epsilon(1e-10));
  CHECK(long_rows.second == short_rows.second);
}

TEST_CASE("recompute: loss, gradients and weights have the same bits, dropout on, in every precision") {
  const auto position = GENERATE(NormPosition::pre, NormPosition::post);
  const auto [type, compute] = GENERATE(table<at::ScalarType, at::ScalarType>(
      {{at::kFloat, at::kFloat}, {at::kFloat, at::kBFloat16}, {at::kDouble, at::kFloat}}));
  TinyUpdates plain(config_of(false, position), type, compute), again(config_of(true, position), type, compute);
  for (std::int64_t t = 1; t <= 2; ++t) {
    const std::vector<Batch> batches{random_pairs(5), random_pairs(3, 7)};
    const auto expected = plain.update(t, batches), got = again.update(t, batches);
    REQUIRE(torch::equal(got.loss().sum, expected.loss().sum));
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
