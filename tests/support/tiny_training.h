// Whole trainings within a test program: some words of random letters to copy, a model of one layer.
#pragma once

#include "attend/config/load.h"
#include "attend/tasks/translation.h"
#include "attend/training/trainer.h"
#include "tests/support/scratch.h"

namespace attend::test {

inline constexpr const char* kTinyTraining = R"(version: 1
runtime: {device: cpu, precision: fp32, threads: 1}
data:
  tokenizer: {type: char, vocab_size: 16}
  max_length: 16
  batch: {size: 16, unit: sequences}
model: {d_model: 8, num_heads: 2, d_ff: 8, encoder_layers: 1, decoder_layers: 1, dropout: 0.1}
training:
  max_steps: 6
  optimizer: {lr: 3e-3}
  schedule: {warmup_steps: 10}
  validate_every: 3
  save_every: 3
  log_every: 2
)";

class TinyTraining {
 public:
  TinyTraining() {
    std::string words;
    for (int i = 0; i < 40; ++i)
      words += std::string(1 + static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 5)) + "\n";
    scratch.file("words", words);
  }

  Config config(const std::string& run, std::vector<std::string> settings = {}) const {
    const auto words = (scratch / "words").string();
    for (const std::string key :
         {"data.train.source", "data.train.target", "data.validation.source", "data.validation.target"})
      settings.insert(settings.begin(), key + "=" + words);
    settings.push_back("output=" + (scratch / run).string());
    const auto file = scratch.file("tiny.yaml", kTinyTraining);
    return load_config({file}, settings).config;
  }

  // What `attend train` does. The number of the signal that stopped it, or 0.
  int train(const Config& config) const {
    RunDirectory directory(config.output);
    const auto runtime = start_runtime(config.runtime);
    const auto newest = directory.newest_valid();
    const auto tokenizers =
        newest ? load_tokenizers(directory.checkpoint_path(*newest), config) : make_tokenizers(config);
    TranslationTask task(config, tokenizers, runtime.device);
    const auto model = build_encoder_decoder(config, vocabularies_of(tokenizers));
    return Trainer({config, task, *model, tokenizers, directory, runtime}).run();
  }

  Scratch scratch;
};

}  // namespace attend::test
