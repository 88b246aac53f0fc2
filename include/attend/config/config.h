// The whole YAML as plain structs. Each struct lists its fields once, in visit(). Parsing, printing, the reference, the
// JSON Schema and the rules for resuming all read this list.
//
//   v.field("dropout", dropout, "probability of ...", Range{0, 1}, Resume::warned);
//   v.one_of("type", attention, "attention mechanism", Resume::refused);     `type` and the keys of the chosen type
//   v.of("norm", {NormType::rms_norm}).field("norm_eps", ...);               read under such a norm, refused elsewhere
//
// An Auto<T> whose key says `auto` is filled by resolve() and then always has a value. There are two exceptions: the
// machine decides data.batch.size, and training.best_metric stays empty when nothing is validated.
#pragma once

#include "attend/config/data_config.h"
#include "attend/config/decoding_config.h"
#include "attend/config/model_config.h"
#include "attend/config/training_config.h"

namespace attend {

struct RuntimeConfig {
  std::string device = "auto";
  Precision precision = Precision::automatic;
  std::int64_t threads = 0;
  template <class V>
  void visit(V& v) {
    v.field("device", device, "auto, cpu, cuda or cuda:N; auto takes a GPU where there is one", {}, Resume::free);
    v.field("precision", precision, "number format of weights and activations", {}, Resume::refused);
    v.field("threads", threads, "CPU threads; 0: all", Range{0, 1024}, Resume::warned);
  }
};

struct Config {
  std::int64_t version = 1;
  TaskType task = TaskType::translation;
  std::string output = "runs/attend";
  std::int64_t seed = 1;
  RuntimeConfig runtime;
  DataConfig data;
  ModelConfig model;
  TrainingConfig training;
  DecodingConfig decoding;
  GenerationConfig generation;
  template <class V>
  void visit(V& v) {
    v.field("version", version, "of this format", Range{1, 1}, Resume::refused);
    v.field("task", task, "what the model is trained for", {}, Resume::refused);
    v.field("output", output, "run directory", {}, Resume::free);
    v.field("seed", seed, "of everything random", kNotNegative, Resume::refused);
    v.section("runtime", runtime, "machine");
    v.section("data", data, "text, tokenizer, batches");
    v.section("model", model, "architecture");
    v.section("training", training, "training loop");
    v.section("decoding", decoding, "defaults of translate");
    v.of_task(TaskType::language_model).section("generation", generation, "defaults of generate");
  }
};

// Fills the position types that are `auto`; the architecture decides them.
void resolve_types(Config& config);
// Fills every Auto from the other keys. Calling it again changes nothing.
void resolve(Config& config);

// Returns the attention of a layer. The override for this use counts if it has rows, else `attention`. Rows repeat over
// the layers.
enum class AttentionUse { encoder_self, decoder_self, cross };
const AttentionConfig& attention_of(const ModelConfig& model, AttentionUse use, std::int64_t layer);
// Return the position scheme of a layer in the same way. A scheme that acts on the input must be the only row, so layer
// 0 tells the scheme of the whole stack.
const PositionConfig& encoder_position_of(const ModelConfig& model, std::int64_t layer = 0);
const PositionConfig& decoder_position_of(const ModelConfig& model, std::int64_t layer = 0);
// Returns how many places the scheme knows; nullopt: as many as there are.
std::optional<std::int64_t> longest_sequence(const PositionConfig& config);
// Returns how many features of each head rope turns. The rules require an even number of at least 2.
std::int64_t rotary_size(const RopeOptions& rope, std::int64_t head_size);

}  // namespace attend
