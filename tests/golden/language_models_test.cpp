// Language models against those of the transformers package: tests/golden/language_models.safetensors,
// written by scripts/goldens/language_models.py, which also says what is in it.
#include "attend/models/language_model.h"

#include <torch/types.h>

#include "attend/training/meters.h"
#include "attend/training/step.h"
#include "tests/golden/golden.h"
#include "tests/support/options.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t kVocabulary = 24;
constexpr double kAllowed = 1e-4;

const at::Tensor& golden(const std::string& name) { return golden_tensors("language_models").at(name); }

// Tokens 0 .. T-1 of each row; their labels are tokens 1 .. T.
at::Tensor tokens() { return golden("tokens").slice(1, 0, -1).contiguous(); }
at::Tensor labels() { return golden("tokens").slice(1, 1).contiguous(); }

Config common() {
  Config config;
  ModelConfig& model = config.model;
  model.architecture = Architecture::decoder;
  model.d_model = 48;
  model.decoder_layers = 2;
  model.dropout = model.attention_dropout = 0;
  config.training.label_smoothing = 0;
  config.training.clip_norm = 0;
  test::choose_optimizer(config.training.optimizer, OptimizerType::adamw, {0.9, 0.95});
  config.training.optimizer.as<AdamwOptions>().eps = 1e-8;
  config.training.optimizer.lr = 1e-3;
  config.training.optimizer.weight_decay = 0.1;
  config.training.optimizer.decay = DecayTarget::matrices;
  config.training.schedule.choose(ScheduleType::constant);
  config.training.schedule.warmup_steps = 0;
  return config;
}

Config gpt2() {
  Config config = common();
  ModelConfig& model = config.model;
  model.num_heads = 4;
  model.d_ff = 192;
  model.activation = Activation::gelu_tanh;
  model.position[0] = LearnedOptions{64};
  model.tie_embeddings = TieEmbeddings::decoder;
  return config;
}

Config bloom() {
  Config config = gpt2();
  config.model.num_heads = 6;
  config.model.position[0].choose(PositionType::alibi);
  config.model.embedding_norm = true;
  return config;
}

Config llama() {
  Config config = common();
  ModelConfig& model = config.model;
  model.num_heads = 6;
  model.num_kv_heads = 2;
  model.d_ff = 128;
  model.activation = Activation::swiglu;
  model.norm = NormType::rms_norm;
  model.bias = false;
  model.position[0].choose(PositionType::rope);
  model.tie_embeddings = TieEmbeddings::none;
  return config;
}

Config scaled_llama(RopeScalingType type) {
  Config config = llama();
  auto& rope = config.model.position[0].as<RopeOptions>();
  rope.base = 100;
  rope.scaling.choose(type);
  std::visit(
      [](auto& scaling) {
        if constexpr (requires { scaling.factor; }) scaling.factor = 4;
        if constexpr (requires { scaling.original_length; }) scaling.original_length = 32;
      },
      rope.scaling.options);
  return config;
}

Config tied_llama() {
  Config config = llama();
  config.model.tie_embeddings = TieEmbeddings::decoder;
  return config;
}

Config mistral() {
  Config config = llama();
  config.model.attention[0] = test::attention_of(AttentionType::sliding_window, 8);
  return config;
}

Config qwen3() {
  Config config = llama();
  config.model.attention[0].qk_norm = QkNorm::rms;
  return config;
}

std::map<std::string, Config> all_models() {
  std::map<std::string, Config> models{{"gpt2", gpt2()},   {"bloom", bloom()},
                                       {"llama", llama()}, {"mistral", mistral()},
                                       {"qwen3", qwen3()}, {"llama_tied", tied_llama()}};
  for (const auto type : values_of<RopeScalingType>())
    if (type != RopeScalingType::none) models["llama_" + std::string(name_of(type))] = scaled_llama(type);
  for (auto& [name, config] : models) resolve(config);
  return models;
}

std::shared_ptr<LanguageModel> model_of(const Config& config, at::ScalarType type) {
  Vocabularies vocabularies;
  vocabularies.target = kVocabulary;
  vocabularies.padding = vocabularies.bos = vocabularies.eos = -1;
  auto model = std::make_shared<LanguageModel>(config.model, vocabularies, 1);
  model->to(type);
  fill_by_name(*model);
  return model;
}

at::Tensor logits_of(LanguageModel& model, const LanguageInput& input) {
  const torch::NoGradGuard no_grad;
  return model.head().logits(model.hidden(input, {}));
}

// The beginnings of both rows as two documents in one row, the second of which starts at position 0 again.
LanguageInput packed(std::int64_t first, std::int64_t second) {
  const at::Tensor ids = tokens();
  const auto joined = [](const at::Tensor& a, const at::Tensor& b) { return at::cat({a, b}).unsqueeze(0); };
  return {joined(ids[0].slice(0, 0, first), ids[1].slice(0, 0, second)),
          joined(torch::zeros({first}, torch::kInt64), torch::ones({second}, torch::kInt64)),
          joined(torch::arange(first), torch::arange(second))};
}

// Always the golden batch.
class GoldenTask final : public Task {
 public:
  std::unique_ptr<BatchStream> train_stream(Cursor) override { return nullptr; }
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override {
    return model_as<LanguageModel>(model, "golden").loss({batch["tokens"], {}, {}}, batch["labels"], context);
  }
  std::vector<Metrics> validate(Model&) override { return {}; }
};

}  // namespace

TEST_CASE("golden: logits of every style of language model are the package's") {
  for (const auto& [name, config] : all_models())
    for (const auto type : {torch::kFloat32, torch::kFloat64}) {
      INFO(name << " " << c10::toString(type));
      CHECK(apart(logits_of(*model_of(config, type), {tokens(), {}, {}}), golden(name + "/logits")) <=
            kAllowed);
    }
}

TEST_CASE("golden: documents packed in one row have the logits that the package gives each alone") {
  for (const auto& [name, config] : all_models()) {
    INFO(name);
    const at::Tensor logits = logits_of(*model_of(config, torch::kFloat32), packed(17, 23)),
                     expected = golden(name + "/logits");
    CHECK(apart(logits[0].slice(0, 0, 17), expected[0].slice(0, 0, 17)) <= kAllowed);
    CHECK(apart(logits[0].slice(0, 17), expected[1].slice(0, 0, 23)) <= kAllowed);
  }
}

TEST_CASE("golden: fifty steps of AdamW on a GPT-2 and a Llama give PyTorch's losses") {
  const auto models = all_models();
  for (const std::string name : {"gpt2", "llama"}) {
    INFO(name);
    const auto model = model_of(models.at(name), torch::kFloat32);
    GoldenTask task;
    TrainingStep step(models.at(name), task, *model, Runtime{});
    Batch batch;
    batch.rows = tokens().size(0);
    batch.tensors = {{"tokens", tokens()}, {"labels", labels()}};
    std::vector<Batch> batches{batch};
    const at::Tensor expected = golden(name + "/adamw");
    double worst = 0;
    for (std::int64_t t = 1; t <= expected.size(0); ++t) {
      Meters meters;
      meters.add(step.run(t, batches), batches);
      worst = std::max(worst, std::abs(meters.report().mean("loss") - expected[t - 1].item<double>()));
    }
    CHECK(worst <= kAllowed);
  }
}
