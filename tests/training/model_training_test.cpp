// Laws of the whole encoder-decoder in training: gradients, dropout over micro-batches, and every value of every enum.
#include "attend/optim/optimizer.h"
#include "attend/core/error.h"
#include "attend/training/step.h"
#include "attend/training/trainer.h"
#include "tests/kernels/compare.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;

namespace {

struct Pairs {
  at::Tensor source, target, labels;
  Pairs part(std::int64_t first, std::int64_t rows) const {
    return {source.narrow(0, first, rows), target.narrow(0, first, rows), labels.narrow(0, first, rows)};
  }
};

// Rows of unequal length, padded at the right.
Pairs make_pairs(std::int64_t rows) {
  Pairs pairs{real_tokens(rows, 6, 1), real_tokens(rows, 5, 2), real_tokens(rows, 5, 3)};
  pairs.source[0].narrow(0, 4, 2).fill_(0);
  pairs.target[rows - 1].narrow(0, 3, 2).fill_(0);
  pairs.labels[rows - 1].narrow(0, 3, 2).fill_(kNoLabel);
  return pairs;
}

at::Tensor loss_of(EncoderDecoder& model, const Pairs& pairs, const ForwardContext& context = {}) {
  return model.loss(pairs.source, pairs.target, pairs.labels, context, {0.1}).at(0).sum;
}

std::map<std::string, at::Tensor> gradients_of(EncoderDecoder& model) {
  std::map<std::string, at::Tensor> gradients;
  for (const auto& item : model.named_parameters())
    if (item.value().grad().defined()) gradients[item.key()] = item.value().grad().clone();
  model.zero_grad();
  return gradients;
}

void require_finite_differences(EncoderDecoder& model, const Pairs& pairs) {
  loss_of(model, pairs).backward();
  const auto gradients = gradients_of(model);
  torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  for (auto& item : model.named_parameters()) {
    INFO(item.key());
    const auto kept = item.value().clone(), direction = torch::randn(kept.sizes(), kept.options());
    const auto at = [&](double step) {
      item.value().copy_(kept + step * direction);
      return loss_of(model, pairs).item<double>();
    };
    const double expected = (at(1e-5) - at(-1e-5)) / 2e-5;
    item.value().copy_(kept);
    const double got = (gradients.at(item.key()) * direction).sum().item<double>();
    REQUIRE(got == Approx(expected).epsilon(1e-5).margin(1e-6));
  }
}

// One update as the trainer makes it.
void require_update_works(const Config& config, at::ScalarType compute) {
  const auto model = tiny_model(config);
  auto segments = make_training_segments(*model, config.training.optimizer, compute);
  const auto optimizer = make_optimizer(config.training.optimizer, segments);
  ForwardContext context;
  context.training = true;
  context.draws = {1, 1, 0};
  const auto pairs = make_pairs(3);
  const auto before = segments[0].weights.clone();
  loss_of(*model, pairs, context).backward();
  optimizer->step(1, 1e-3, torch::tensor(0.1f));
  REQUIRE(segments[0].weights.isfinite().all().item<bool>());
  REQUIRE_FALSE(torch::equal(segments[0].weights, before));
  torch::NoGradGuard no_grad;
  REQUIRE(std::isfinite(loss_of(*model, pairs).item<double>()));
}

}  // namespace

TEST_CASE("encoder-decoder: gradients equal finite differences in double, through embeddings and smoothed head") {
  const auto tie = GENERATE(TieEmbeddings::all, TieEmbeddings::none);
  const auto norm_position = GENERATE(NormPosition::pre, NormPosition::post);
  Config config = tiny_config();
  config.model.d_model = 8;
  config.model.num_kv_heads = 2;
  config.model.encoder_layers = config.model.decoder_layers = 1;
  config.model.activation = norm_position == NormPosition::pre ? Activation::swiglu : Activation::gelu;
  config.model.position[0].choose(PositionType::learned);
  config.model.tie_embeddings = tie;
  config.model.norm_position = norm_position;
  config.model.output_bias = config.model.embedding_norm = true;
  const auto model = tiny_model(config);
  model->to(at::kDouble);
  require_finite_differences(*model, make_pairs(3));
}

TEST_CASE("encoder-decoder: the padding rows of embeddings get no gradient from look-ups") {
  Config config = tiny_config();
  config.model.tie_embeddings = TieEmbeddings::none;
  const auto model = tiny_model(config);
  loss_of(*model, make_pairs(3)).backward();
  const auto gradients = gradients_of(*model);
  for (const auto* name : {"source_embedding.weight", "target_embedding.weight"}) {
    REQUIRE(gradients.at(name)[0].eq(0).all().item<bool>());
    REQUIRE(gradients.at(name).ne(0).any().item<bool>());
  }
}

TEST_CASE("encoder-decoder: two micro-batches draw the masks and sum to the gradient of one batch") {
  const auto type = GENERATE(at::kFloat, at::kDouble);
  Config config = tiny_config();
  config.model.dropout = config.model.attention_dropout = config.model.activation_dropout = 0.3;
  const auto model = tiny_model(config);
  model->to(type);
  const auto pairs = make_pairs(5);
  ForwardContext context;
  context.training = true;
  context.draws = {9, 4, 0};
  const auto whole = loss_of(*model, pairs, context);
  whole.backward();
  const auto expected = gradients_of(*model);
  const auto first = loss_of(*model, pairs.part(0, 2), context);
  first.backward();
  context.draws.first_row = 2;
  const auto second = loss_of(*model, pairs.part(2, 3), context);
  second.backward();
  const auto got = gradients_of(*model);
  const double tolerance = type == at::kFloat ? 2e-6 : 1e-12;
  REQUIRE(difference(first + second, whole) <= tolerance);
  for (const auto& [name, gradient] : expected) {
    INFO(name);
    REQUIRE(difference(got.at(name), gradient) <= tolerance);
  }
  context.draws.first_row = 3;  // other rows, other masks
  REQUIRE(difference(loss_of(*model, pairs.part(2, 3), context), second) > 1e-4);
}

TEST_CASE("encoder-decoder: every norm, activation, tie, init and position builds and learns, in both precisions") {
  const auto compute = GENERATE(at::kFloat, at::kBFloat16);
  Config config = tiny_config();
  config.model.encoder_layers = config.model.decoder_layers = 1;
  config.model.dropout = 0.1;
  const auto try_it = [&] {
    resolve(config);
    require_update_works(config, compute);
  };
  for (const auto& norm : table_of<NormType>())
    for (const auto& norm_position : table_of<NormPosition>())
      for (const auto& activation : table_of<Activation>()) {
        INFO(norm.name << " " << norm_position.name << " " << activation.name);
        config.model.norm = norm.value;
        config.model.norm_position = norm_position.value;
        config.model.final_norm.reset();
        config.model.activation = activation.value;
        try_it();
      }
  for (const auto& tie : table_of<TieEmbeddings>())
    for (const auto& scheme : table_of<InitScheme>())
      for (const auto& position : position_configs()) {
        INFO(tie.name << " " << scheme.name << " " << name_of(position.type()));
        config.model.tie_embeddings = tie.value;
        config.model.init.scheme = scheme.value;
        config.model.init.scale_residual = !config.model.init.scale_residual;
        config.model.position = {position};
        config.model.bias = !config.model.bias;
        config.model.qkv_bias.reset();
        try_it();
      }
}

TEST_CASE("state: a count that is negative, broken or too large is refused by name") {
  TrainingState state;
  state.step = 6;
  const auto good = state.save();
  CHECK_NOTHROW(TrainingState().load(good));
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"batch", -3},
                                                                            {"step", -5},
                                                                            {"epoch", 1e300},
                                                                            {"epoch", 1.5},
                                                                            {"wall_seconds", -1.0},
                                                                            {"step", "6"},
                                                                            {"format", 99}}) {
    INFO(key << " = " << value.dump());
    auto bad = good;
    bad[key] = value;
    CHECK_THROWS_AS(TrainingState().load(bad), ModelError);
  }
}
