// The models floor and the training step against tiny Transformers made of torch.nn's own layers in double precision:
// tests/golden/transformer.safetensors, written by scripts/goldens/transformer.py, which also says what is in it.
#include <torch/types.h>

#include <cmath>
#include <cstdlib>

#include "attend/models/build.h"
#include "attend/models/encoder_decoder.h"
#include "attend/tasks/task.h"
#include "attend/training/meters.h"
#include "attend/training/step.h"
#include "tests/golden/golden.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t kSourceVocabulary = 13, kTargetVocabulary = 17;
constexpr std::int64_t kProjections = 4;

struct Case {
  NormPosition position;
  NormType norm;
  Activation activation;
  TieEmbeddings tie;

  std::string name() const {
    const auto word = [](auto value) { return std::string(name_of(value)); };
    return word(position) + "." + word(norm) + "." + word(activation) + "." + word(tie);
  }
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto position : values_of<NormPosition>())
    for (const auto norm : {NormType::layer_norm, NormType::rms_norm})
      for (const auto activation : values_of<Activation>())
        for (const auto tie : {TieEmbeddings::all, TieEmbeddings::decoder, TieEmbeddings::none})
          cases.push_back({position, norm, activation, tie});
  return cases;
}

Config config_of(const Case& wanted) {
  Config config;
  ModelConfig& model = config.model;
  model.d_model = 24;
  model.num_heads = 6;
  model.num_kv_heads = 2;
  model.d_ff = 20;
  model.encoder_layers = model.decoder_layers = 2;
  model.activation = wanted.activation;
  model.norm = wanted.norm;
  model.norm_position = wanted.position;
  model.tie_embeddings = wanted.tie;
  model.dropout = model.attention_dropout = 0;
  // What the golden file lets go with a tie.
  model.bias = wanted.tie != TieEmbeddings::none;
  model.output_bias = wanted.tie == TieEmbeddings::decoder;
  const auto layout = wanted.tie == TieEmbeddings::decoder ? SinusoidLayout::interleaved : SinusoidLayout::halves;
  if (wanted.tie == TieEmbeddings::none) model.position[0] = LearnedOptions{12};
  else model.position[0] = SinusoidalOptions{layout};
  config.training.label_smoothing = 0.1;
  config.training.clip_norm = 1.0;
  config.training.optimizer.lr = 1e-3;
  config.training.optimizer.as<AdamOptions>() = {{{0.9, 0.98}}, 1e-8};
  config.training.schedule.choose(ScheduleType::constant);
  config.training.schedule.warmup_steps = 0;
  resolve(config);
  return config;
}

std::shared_ptr<EncoderDecoder> model_of(const Case& wanted, const Config& config, at::ScalarType type) {
  Vocabularies vocabularies;
  vocabularies.target = kTargetVocabulary;
  vocabularies.source = wanted.tie == TieEmbeddings::all ? kTargetVocabulary : kSourceVocabulary;
  auto model = build_encoder_decoder(config, vocabularies);
  model->to(type);
  fill_by_name(*model);
  return model;
}

struct Golden {
  const at::Tensor& operator[](const std::string& name) const { return golden_tensors("transformer").at(name); }
};

Golden golden() { return {}; }

Batch golden_batch() {
  Batch batch;
  batch.rows = golden()["source"].size(0);
  batch.tensors = {{"source", golden()["source"]},
                   {"target", golden()["inputs"]},
                   {"labels", golden()["labels"].masked_fill(golden()["labels"].eq(0), kNoLabel)}};
  return batch;
}

struct Tolerance {
  double logits, losses;
  double own, global;  // of a gradient: max(own x its norm, global x the norm of all)
};

// A gradient's error is measured through the projections: the mean of their squared errors estimates its squared norm.
void compare_gradients(EncoderDecoder& model, const at::Tensor& expected, const Tolerance& tolerance) {
  std::map<std::string, at::Tensor> gradients;
  for (const auto& item : model.named_parameters()) gradients[item.key()] = item.value().grad().to(torch::kFloat64);
  REQUIRE(static_cast<std::int64_t>(gradients.size()) == expected.size(0));
  const double global = expected.select(1, 0).norm().item<double>();
  std::int64_t row = 0;
  for (const auto& [name, gradient] : gradients) {
    const at::Tensor record = expected[row++];
    const double allowed = std::max(tolerance.own * record[0].item<double>(), tolerance.global * global);
    INFO(name << ", norm " << record[0].item<double>() << " of " << global);
    CHECK(std::abs(gradient.norm().item<double>() - record[0].item<double>()) <= allowed);
    double squares = 0;
    for (std::int64_t k = 0; k < kProjections; ++k) {
      const double off =
          (gradient * signs(name, k, gradient.sizes())).sum().item<double>() - record[k + 1].item<double>();
      squares += off * off / kProjections;
    }
    CHECK(std::sqrt(squares) <= allowed);
  }
}

// Where scripts/goldens/transformer.py --whole FILE has written them: the true error.
void compare_whole_gradients(EncoderDecoder& model, const std::string& which, const Tolerance& tolerance) {
  static const char* const file = std::getenv("ATTEND_WHOLE_GRADIENTS");
  if (file == nullptr) return;
  static const NamedTensors whole = load_tensors(file);
  double squares = 0;
  for (const auto& item : model.named_parameters())
    squares += whole.at(which + "/" + item.key()).square().sum().item<double>();
  for (const auto& item : model.named_parameters()) {
    const at::Tensor& expected = whole.at(which + "/" + item.key());
    const double allowed =
        std::max(tolerance.own * expected.norm().item<double>(), tolerance.global * std::sqrt(squares));
    INFO(item.key() << ", every element");
    CHECK((item.value().grad().to(torch::kFloat64) - expected).norm().item<double>() <= allowed);
  }
}

void compare_pass(const Case& wanted, at::ScalarType type, const Tolerance& tolerance) {
  INFO(wanted.name() << " " << c10::toString(type));
  const auto model = model_of(wanted, config_of(wanted), type);
  const Batch batch = golden_batch();
  ForwardContext context;
  context.training = true;

  const auto memory = model->encode(batch["source"], context);
  const auto hidden = model->decode(batch["target"], memory, context);
  const at::Tensor logits = model->head().logits(hidden).index({batch["labels"].ne(kNoLabel)}).detach();
  REQUIRE(logits.scalar_type() == type);
  CHECK((logits.to(torch::kFloat64) - golden()[wanted.name() + "/logits"]).abs().max().item<double>() <=
        tolerance.logits);

  const auto terms = model->head().loss(hidden, batch["labels"], {0.1});
  const at::Tensor expected = golden()[wanted.name() + "/losses"];
  for (std::int64_t i = 0; i < 2; ++i)
    CHECK(std::abs(terms[static_cast<std::size_t>(i)].sum.item<double>() / expected[i].item<double>() - 1) <=
          tolerance.losses);
  terms[0].sum.backward();
  compare_gradients(*model, golden()[wanted.name() + "/gradients"], tolerance);
  compare_whole_gradients(*model, wanted.name(), tolerance);
}

// Always the golden batch.
class GoldenTask final : public Task {
 public:
  std::unique_ptr<BatchStream> train_stream(Cursor) override { return nullptr; }
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override {
    return model_as<EncoderDecoder>(model, "golden")
        .loss(batch["source"], batch["target"], batch["labels"], context, {0.1});
  }
  std::vector<Metrics> validate(Model&) override { return {}; }
};

}  // namespace

TEST_CASE("golden: logits, losses and gradients in float32 are PyTorch's") {
  for (const Case& wanted : all_cases())
    compare_pass(wanted, torch::kFloat32, {1e-5, 1e-5, 1e-4, 1e-8});
}

TEST_CASE("golden: in float64 gradients are PyTorch's to a billionth of the global norm") {
  for (const Case& wanted : all_cases())
    compare_pass(wanted, torch::kFloat64, {1e-6, 1e-12, 0, 1e-9});
}

TEST_CASE("golden: fifty steps of Adam with clipping give PyTorch's losses") {
  for (const Case& wanted : all_cases()) {
    INFO(wanted.name());
    const Config config = config_of(wanted);
    const auto model = model_of(wanted, config, torch::kFloat32);
    GoldenTask task;
    TrainingStep step(config, task, *model, Runtime{});
    std::vector<Batch> batches{golden_batch()};
    const at::Tensor expected = golden()[wanted.name() + "/adam"];
    double worst = 0;
    for (std::int64_t t = 1; t <= expected.size(0); ++t) {
      Meters meters;
      meters.add(step.run(t, batches), batches);
      worst = std::max(worst, std::abs(meters.report().mean("loss") - expected[t - 1].item<double>()));
    }
    CHECK(worst <= 1e-4);
  }
}
