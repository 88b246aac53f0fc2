// Laws of decoder-only models.
#include "attend/models/language_model.h"

#include <torch/types.h>

#include <cmath>

#include "attend/models/encoder_decoder.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;
using Catch::Matchers::Contains;

namespace {

Config language_config() {
  Config config = tiny_config();
  config.task = TaskType::language_model;
  config.model.architecture = Architecture::decoder;
  return config;
}

std::shared_ptr<LanguageModel> tiny_language_model(Config config = language_config()) {
  resolve(config);
  Vocabularies vocabularies{0, kTinyVocabulary, -1, 2, 3};
  auto model = build_language_model(config, vocabularies);
  model->to(torch::kDouble);
  return model;
}

template <class Change>
std::shared_ptr<LanguageModel> transformer_xl(std::int64_t memory_length, const Change& change) {
  auto config = language_config();
  config.model.position[0].choose(PositionType::relative_xl);
  config.model.memory_length = memory_length;
  change(config);
  return tiny_language_model(config);
}

template <class Law>
void over_input_positions(const Law& law) {
  for (const auto& position : position_configs()) {
    INFO(name_of(position.type()));
    auto config = language_config();
    config.model.position = {position};
    law(*tiny_language_model(config));
  }
}

bool close(const at::Tensor& a, const at::Tensor& b) { return torch::allclose(a, b, 1e-9, 1e-9); }

double std_of(const at::Tensor& tensor) { return tensor.std().item<double>(); }

}  // namespace

TEST_CASE("language model: no position sees what comes after it") {
  over_input_positions([](LanguageModel& model) {
    const auto tokens = real_tokens(2, 9, 1);
    auto changed = tokens.clone();
    changed.narrow(1, 6, 3).copy_(real_tokens(2, 3, 2));
    const auto a = model.hidden({tokens}, {}), b = model.hidden({changed}, {});
    CHECK(torch::equal(a.narrow(1, 0, 6), b.narrow(1, 0, 6)));
    CHECK_FALSE(close(a.narrow(1, 6, 3), b.narrow(1, 6, 3)));
  });
}

TEST_CASE("language model: a label of -1 counts nothing, and every id is a token, 0 too") {
  const auto model = tiny_language_model();
  const auto tokens = at::zeros({1, 4}, at::kLong), labels = torch::tensor({{0, 5, -1, -1}}, at::kLong);
  const auto terms = model->loss({tokens}, labels, {});
  CHECK(terms[0].count.item<double>() == 2);
  const auto log_probs = model->head().logits(model->hidden({tokens}, {})).log_softmax(-1)[0];
  CHECK(terms[1].sum.item<double>() == Approx(-(log_probs[0][0] + log_probs[1][5]).item<double>()));
}

TEST_CASE("language model: token by token with a state equals one whole pass") {
  over_input_positions([](LanguageModel& model) {
    const auto tokens = real_tokens(3, 10, 1);
    const auto whole = model.hidden({tokens}, {});
    auto state = model.make_state({3, 1});
    std::vector<at::Tensor> parts{model.advance(tokens.narrow(1, 0, 4), state)};
    for (std::int64_t t = 4; t < 10; ++t) parts.push_back(model.advance(tokens.narrow(1, t, 1), state));
    CHECK(close(at::cat(parts, 1), whole));
    CHECK(state.length == 10);
  });
}

TEST_CASE("language model: padding on the left of a prompt changes nothing, also not later") {
  over_input_positions([](LanguageModel& model) {
    const auto tokens = real_tokens(2, 8, 1), prompt = padded(tokens.narrow(1, 0, 5), 3, /*left=*/true);
    auto valid = at::ones({2, 8}, at::kBool);
    valid.narrow(1, 0, 3).zero_();
    valid[1].fill_(true);  // the second row is as long as the width
    prompt[1].narrow(0, 0, 3).copy_(real_tokens(1, 3, 7)[0]);
    auto state = model.make_state({2, 1});
    auto hidden = model.advance(prompt, state, valid);
    const auto first = model.hidden({tokens.narrow(0, 0, 1)}, {}),
               second = model.hidden({at::cat({prompt[1], tokens[1].narrow(0, 5, 3)}).unsqueeze(0)}, {});
    CHECK(close(hidden[0].narrow(0, 3, 5), first[0].narrow(0, 0, 5)));
    CHECK(close(hidden[1], second[0].narrow(0, 0, 8)));
    state.reorder(torch::tensor({1, 0}, at::kLong));
    for (std::int64_t t = 5; t < 8; ++t) {
      hidden = model.advance(tokens.narrow(1, t, 1).flip(0), state);
      CHECK(close(hidden[1][0], first[0][t]));
      CHECK(close(hidden[0][0], second[0][t + 3]));
    }
  });
}

TEST_CASE("language model: packed documents are as each alone, and no gradient goes from one to another") {
  over_input_positions([](LanguageModel& model) {
    const auto one = real_tokens(1, 4, 1), other = real_tokens(1, 6, 2);
    const auto segments = at::cat({at::zeros({1, 4}, at::kLong), at::ones({1, 6}, at::kLong)}, 1);
    const auto positions = at::cat({at::arange(4), at::arange(6)}).unsqueeze(0);
    const LanguageInput packed{at::cat({one, other}, 1), segments, positions};
    CHECK(close(model.hidden(packed, {}), at::cat({model.hidden({one}, {}), model.hidden({other}, {})}, 1)));

    // What only the first document uses gets no gradient from the labels of the second.
    auto labels = at::full({1, 10}, -1, at::kLong);
    labels.narrow(1, 4, 5).copy_(other.narrow(1, 1, 5));
    const auto gradient = [&](const LanguageInput& input, const at::Tensor& wanted) {
      model.zero_grad();
      model.loss(input, wanted, {})[0].sum.backward();
      std::map<std::string, at::Tensor> all;
      for (const auto& item : model.named_parameters()) all[item.key()] = item.value().grad().clone();
      return all;
    };
    const auto together = gradient(packed, labels), alone = gradient({other}, labels.narrow(1, 4, 6));
    for (const auto& [name, value] : alone) {
      INFO(name);
      CHECK(close(together.at(name), value));
    }
  });
}

TEST_CASE("language model: segments with a memory have the losses of one block, pre- and post-norm") {
  for (const auto norm : values_of<NormPosition>()) {
    const auto model = transformer_xl(12, [&](Config& config) { config.model.norm_position = norm; });
    const auto tokens = real_tokens(3, 13, 1), labels = tokens.narrow(1, 1, 12);
    const double whole = model->loss({tokens.narrow(1, 0, 12)}, labels, {})[0].sum.item<double>();
    for (const std::int64_t segment : {1, 4, 5}) {
      auto memory = model->make_state({3});
      double sum = 0;
      for (std::int64_t t = 0; t < 12; t += segment) {
        const auto length = std::min(segment, 12 - t);
        sum += model->loss({tokens.narrow(1, t, length), {}, {}, &memory}, labels.narrow(1, t, length), {})[0]
                   .sum.item<double>();
      }
      CHECK(sum == Approx(whole).epsilon(1e-10));
      CHECK(memory.length == 12);
    }
  }
}

TEST_CASE("language model: a memory changes the loss and is never learned through, recomputed or not") {
  std::vector<std::map<std::string, at::Tensor>> gradients;
  for (const bool recompute : {false, true}) {
    const auto model = transformer_xl(6, [&](Config& config) {
      config.model.recompute = recompute;
      config.model.dropout = 0.2;
      config.model.tie_embeddings = TieEmbeddings::none;
    });
    const auto first = at::full({2, 5}, 4, at::kLong), second = real_tokens(2, 5, 2).clamp_min(5);
    const auto loss = [&](DecoderState* memory) {
      ForwardContext context;
      context.training = true;
      return model->loss({second, {}, {}, memory}, second, context)[0].sum;
    };
    {
      auto memory = model->make_state({2});
      model->hidden({first, {}, {}, &memory}, {});
      const auto with = loss(&memory);
      CHECK(memory.length == 10);
      CHECK_FALSE(close(with.detach(), loss(nullptr).detach()));
      memory = {};  // may be gone by the time of backward
      with.backward();
    }
    CHECK(model->named_parameters()["embedding.weight"].grad()[4].eq(0).all().item<bool>());
    CHECK(model->named_parameters()["embedding.weight"].grad().ne(0).any().item<bool>());
    auto& kept = gradients.emplace_back();
    for (const auto& item : model->named_parameters())
      if (item.value().grad().defined()) kept[item.key()] = item.value().grad().clone();
  }
  CHECK(gradients[0].size() == gradients[1].size());
  for (const auto& [name, gradient] : gradients[0]) {
    INFO(name);
    CHECK(torch::equal(gradient, gradients[1].at(name)));
  }
}

TEST_CASE("language model: a made-up batch stands behind a full memory, as most batches of a training do") {
  const auto same = [](Config&) {};
  const auto loss = [&](std::int64_t memory_length) {
    return transformer_xl(memory_length, same)->made_up_loss(2, 4, {})[0].sum.item<double>();
  };
  CHECK(loss(6) != Approx(loss(0)).epsilon(1e-9));
  const auto model = transformer_xl(8, same);
  auto memory = model->make_state({2});
  // a model without a memory takes none
  CHECK_THROWS(tiny_language_model()->hidden({real_tokens(2, 4, 1), {}, {}, &memory}, {}));
}

TEST_CASE("language model: init normal with scale_residual is GPT-2's, by the measured deviation of each tensor") {
  auto config = language_config();
  config.model.d_model = 128;
  config.model.d_ff = 512;
  config.model.decoder_layers = 4;
  config.model.position = {LearnedOptions{200}};
  config.model.init = {InitScheme::normal, 0.02, true};
  resolve(config);
  const auto model = build_language_model(config, {0, 300, -1, -1, -1});
  for (const auto& item : model->named_parameters()) {
    INFO(item.key());
    if (item.key().ends_with("bias")) CHECK(item.value().abs().max().item<double>() == 0);
    if (item.key().ends_with("norm.weight")) CHECK((item.value() == 1).all().item<bool>());
    if (item.value().dim() < 2) continue;
    const bool residual = item.key().ends_with("out.weight") || item.key().ends_with("down.weight");
    CHECK(std_of(item.value()) == Approx(residual ? 0.02 / std::sqrt(8.0) : 0.02).epsilon(0.03));
  }
}

TEST_CASE("language model: embeddings are tied unless none says otherwise") {
  for (const auto tie : values_of<TieEmbeddings>()) {
    auto config = language_config();
    config.model.tie_embeddings = tie;
    CHECK(tiny_language_model(config)->named_parameters().contains("head.weight") == (tie == TieEmbeddings::none));
  }
}

TEST_CASE("models: one of another kind is told by name, with what takes it") {
  const std::shared_ptr<Model> model = tiny_language_model();
  CHECK_THROWS_WITH(model_as<EncoderDecoder>(model, "runs/gpt"),
                    Contains("[runs/gpt] expected a translation model, got a language model; attend generate"));
  CHECK_THROWS_AS(model_as<LanguageModel>(*tiny_model(tiny_config()), "x"), ModelError);
  CHECK_NOTHROW(model_as<LanguageModel>(*model, "x"));
}
