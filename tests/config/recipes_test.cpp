// The recipes in configs/ are what they say: they load, and they agree with what is published about them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "attend/config/load.h"
#include "tests/support/test.h"

namespace fs = std::filesystem;

namespace {

fs::path configs() {
  const char* source = std::getenv("ATTEND_SOURCE");
  REQUIRE(source != nullptr);
  return fs::path(source) / "configs";
}

std::vector<fs::path> recipes() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(configs()))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("recipes: every file in configs/ loads, and its averages are of checkpoints that are kept") {
  REQUIRE(recipes().size() >= 2);
  const attend::Config defaults;
  for (const auto& file : recipes()) {
    INFO(file.string());
    const attend::Config config = attend::load_config({file}).config;
    CHECK(config.training.average_checkpoints <= config.training.keep_checkpoints);
    CHECK(config.output != defaults.output);
  }
}

TEST_CASE("recipes: the files of data/numbers are where configs/numbers.yaml looks for them") {
  const attend::Config config = attend::load_config({configs() / "numbers.yaml"}).config;
  const auto& train = config.data.train.front();
  const auto& validation = config.data.validation.front();
  for (const auto& file : {train.source, train.target, validation.source, validation.target})
    CHECK(fs::is_regular_file(configs().parent_path() / file));
}

TEST_CASE("recipes: both of Shakespeare have nanoGPT's settings") {
  for (const std::string name : {"shakespeare_char_cpu", "shakespeare_char"}) {
    INFO(name);
    const bool small = name == "shakespeare_char_cpu";
    const attend::Config config = attend::load_config({configs() / (name + ".yaml")}).config;
    const attend::ModelConfig& model = config.model;
    CHECK(model.decoder_layers == (small ? 4 : 6));
    CHECK(model.num_heads == (small ? 4 : 6));
    CHECK((model.d_model == (small ? 128 : 384) && model.d_ff == 4 * model.d_model));
    CHECK((model.dropout == (small ? 0.0 : 0.2) && model.attention_dropout == model.dropout &&
           model.embedding_dropout == model.dropout));
    CHECK((model.activation == attend::Activation::gelu && !model.bias && model.qkv_bias == false &&
           model.norm_eps == 1e-5));
    CHECK((model.scale_embeddings == false && model.tie_embeddings != attend::TieEmbeddings::none));
    CHECK((model.init.scheme == attend::InitScheme::normal && model.init.std == 0.02 && model.init.scale_residual));
    const attend::TrainingConfig& training = config.training;
    CHECK(training.optimizer.type() == attend::OptimizerType::adamw);
    CHECK((training.optimizer.lr == 1e-3 && training.optimizer.as<attend::AdamwOptions>().eps == 1e-8 &&
           training.optimizer.weight_decay == 0.1));
    CHECK(*training.optimizer.betas() == std::vector<double>{0.9, 0.99});
    CHECK((training.clip_norm == 1.0 && training.label_smoothing == 0.0));
    CHECK(training.max_steps == (small ? 2000 : 5000));
    // (i + 1) / 101 for i < 100, then a cosine over max_steps - 100 iterations; i is update i + 1.
    CHECK((training.schedule.warmup_steps == 101 && training.schedule.decay_steps() == training.max_steps + 1));
    CHECK(training.schedule.min_lr == 1e-4);
    CHECK(config.data.block_size == (small ? 64 : 256));
    CHECK(config.data.batch.size == std::int64_t{small ? 12 : 64});
    CHECK((config.data.batch.unit == attend::BatchUnit::sequences &&
           config.data.sampling == attend::BlockSampling::random_blocks));
    CHECK(config.data.validation.front().fraction == 0.1);
  }
}

TEST_CASE("recipes: configs/multi30k_en_de.yaml has the settings its results are published with") {
  const attend::Config config = attend::load_config({configs() / "multi30k_en_de.yaml"}).config;
  const attend::ModelConfig& model = config.model;
  CHECK((model.encoder_layers == 4 && model.decoder_layers == 4));
  CHECK((model.d_model == 128 && model.d_ff == 256 && model.num_heads == 4));
  CHECK((model.dropout == 0.3 && model.attention_dropout == 0.1 && model.activation_dropout == 0.1));
  CHECK(model.norm_position == attend::NormPosition::pre);
  CHECK(model.position[0].as<attend::SinusoidalOptions>().layout == attend::SinusoidLayout::halves);
  CHECK(model.tie_embeddings == attend::TieEmbeddings::all);
  CHECK(model.init.scheme == attend::InitScheme::linear);
  const attend::TrainingConfig& training = config.training;
  CHECK((training.optimizer.lr == 5e-3 && training.optimizer.as<attend::AdamOptions>().eps == 1e-8));
  CHECK(*training.optimizer.betas() == std::vector<double>{0.9, 0.98});
  CHECK((training.max_steps == 2800 && training.schedule.warmup_steps == 2000));
  CHECK((training.save_every == attend::Period{100} && training.average_checkpoints == 10));
  CHECK((training.clip_norm == 1.0 && training.label_smoothing == 0.1));
  CHECK((config.data.batch.size == std::int64_t{4096} && config.data.batch.unit == attend::BatchUnit::target_tokens));
  CHECK((config.data.tokenizer.source.vocab_size == 10000 && !config.data.tokenizer.source.byte_fallback));
}
