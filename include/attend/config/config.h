// The whole YAML as plain structs. A struct lists each of its fields once, in visit(); parsing, printing, the
// reference, the JSON Schema and the rules for resuming all come from that list.
//
//   v.field("dropout", dropout, "probability of ...", Range{0, 1}, Resume::warned);
//
// Auto<T> is a value that `auto` leaves to resolve(); after resolve() it always holds one.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/enums.h"

namespace attend {

// What a changed value means when a run is resumed.
enum class Resume { free, warned, refused };

// Closed interval of a number; `open_max` excludes the upper end (a dropout of 1 drops everything).
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_max = false;
};
inline constexpr Range kProbability{0, 1, true};
inline constexpr Range kPositive{1, 9e15};
inline constexpr Range kNotNegative{0, 9e15};

template <class T>
using Auto = std::optional<T>;

// How often something happens: 500 (updates), 2e (epochs), 10Mt (target tokens; t, kt, Mt or Gt).
struct Period {
  std::int64_t count = 500;
  PeriodUnit unit = PeriodUnit::updates;
  bool operator==(const Period&) const = default;
};
// "500", "2e", "10Mt"; parsing gives nothing for what is no period of at least 1.
std::string format_period(const Period& period);
std::optional<Period> parse_period(std::string_view text);

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

// One parallel corpus of training: two files, or one with a tab between source and target. Any file may be gzip.
struct CorpusConfig {
  std::string name;
  std::string source, target, tsv;
  double weight = 1.0;
  std::string source_prefix, target_prefix;
  template <class V>
  void visit(V& v) {
    v.field("name", name, "in messages; empty: train, train_2, ...", {}, Resume::free);
    v.field("source", source, "text file, one sentence a line", {}, Resume::refused);
    v.field("target", target, "text file with as many lines", {}, Resume::refused);
    v.field("tsv", tsv, "instead of source and target: one file, source and target with a tab between them", {}, Resume::refused);
    v.field("weight", weight, "share of this corpus in the mixture, relative to the other corpora", Range{1e-9, 1e9}, Resume::warned);
    v.field("source_prefix", source_prefix, "put before each source line, such as the tag of a language", {}, Resume::refused);
    v.field("target_prefix", target_prefix, "put before each target line", {}, Resume::refused);
  }
};

// One named validation set, or a fraction of the training text kept apart.
struct ValidationConfig {
  std::string name;
  std::string source, target, tsv;
  std::string source_prefix, target_prefix;
  double fraction = 0.0;
  template <class V>
  void visit(V& v) {
    v.field("name", name, "in metrics and messages; empty: validation, validation_2, ...", {}, Resume::free);
    v.field("source", source, "text file, one sentence a line", {}, Resume::refused);
    v.field("target", target, "text file with as many lines", {}, Resume::refused);
    v.field("tsv", tsv, "instead of source and target: one file, source and target with a tab between them", {}, Resume::refused);
    v.field("source_prefix", source_prefix, "put before each source line, such as the tag of a language", {}, Resume::refused);
    v.field("target_prefix", target_prefix, "put before each target line", {}, Resume::refused);
    v.field("fraction", fraction, "instead of files: this share of the training pairs is not trained on but validated on", Range{0, 0.5}, Resume::refused);
  }
};

struct SubwordSamplingConfig {
  double alpha = 0.0;
  template <class V>
  void visit(V& v) {
    v.field("alpha", alpha, "of unigram: temperature of the lattice; of bpe: dropout probability of a merge; 0: off", Range{0, 1}, Resume::warned);
  }
};

struct TokenizerConfig {
  TokenizerType type = TokenizerType::sentencepiece;
  SubwordAlgorithm algorithm = SubwordAlgorithm::bpe;
  std::int64_t vocab_size = 10000;
  bool shared = true;
  double character_coverage = 1.0;
  bool byte_fallback = false;
  std::vector<std::string> user_symbols;
  std::map<std::string, std::string> options;
  SubwordSamplingConfig sampling;
  std::string model;  // a file: nothing is trained
  template <class V>
  void visit(V& v) {
    v.field("type", type, "how text becomes tokens", {}, Resume::refused);
    v.field("algorithm", algorithm, "of SentencePiece", {}, Resume::refused);
    v.field("vocab_size", vocab_size, "pieces, the four special ones included", Range{5, 1'000'000}, Resume::refused);
    v.field("shared", shared, "one vocabulary for source and target", {}, Resume::refused);
    v.field("character_coverage", character_coverage, "share of characters SentencePiece keeps", Range{0.5, 1}, Resume::refused);
    v.field("byte_fallback", byte_fallback, "unknown characters become bytes", {}, Resume::refused);
    v.field("user_symbols", user_symbols, "pieces that are never split", {}, Resume::refused);
    v.field("options", options, "SentencePiece's own trainer options, passed through", {}, Resume::refused);
    v.section("sampling", sampling, "random segmentations in training, keyed by seed, epoch and line");
    v.field("model", model, "a tokenizer file to use instead of training one", {}, Resume::refused);
  }
};

// data.tokenizer: either one TokenizerConfig, or {source: {...}, target: {...}} for two.
struct TokenizersConfig {
  TokenizerConfig source, target;
  bool two = false;  // the YAML named both sides
  bool shared() const { return !two && source.shared; }
};

struct BatchConfig {
  Auto<std::int64_t> size = 4096;
  BatchUnit unit = BatchUnit::target_tokens;
  std::int64_t pool = 100;
  std::int64_t round_to = 8;
  template <class V>
  void visit(V& v) {
    v.automatic("size", size, "of one batch, in units; padding counts", kPositive, Resume::warned, "what fits memory, measured once and saved");
    v.field("unit", unit, "what size counts", {}, Resume::warned);
    v.field("pool", pool, "batches' worth of pairs sorted by length together", kPositive, Resume::warned);
    v.field("round_to", round_to, "rows of a batch are a multiple of this where the corpus allows", Range{1, 4096}, Resume::warned);
  }
};

struct DataConfig {
  std::vector<CorpusConfig> train{CorpusConfig{}};
  std::vector<ValidationConfig> validation{ValidationConfig{}};
  TokenizersConfig tokenizer;
  std::int64_t max_length = 256;
  OverLength over_length = OverLength::skip;
  BatchConfig batch;
  template <class V>
  void visit(V& v) {
    v.pattern("train", train, "the parallel text to train on: one corpus, or a list that is mixed");
    v.pattern("validation", validation, "validation sets: one or a list; the first one decides what is best");
    v.tokenizers("tokenizer", tokenizer, "one tokenizer, or {source: {...}, target: {...}}");
    v.field("max_length", max_length, "longest sequence in tokens, end symbol included", Range{2, 1'000'000}, Resume::warned);
    v.field("over_length", over_length, "what happens to longer pairs", {}, Resume::warned);
    v.section("batch", batch, "how pairs are grouped");
  }
};

struct InitConfig {
  InitScheme scheme = InitScheme::xavier_uniform;
  double std = 0.02;
  bool scale_residual = false;
  template <class V>
  void visit(V& v) {
    v.field("scheme", scheme, "how weights start", {}, Resume::free);
    v.field("std", std, "of scheme normal", Range{1e-6, 10}, Resume::free);
    v.field("scale_residual", scale_residual, "projections into the residual start 1/sqrt(sublayers of the stack) smaller", {}, Resume::free);
  }
};

struct PositionConfig {
  PositionType type = PositionType::sinusoidal;
  SinusoidLayout layout = SinusoidLayout::halves;
  std::int64_t max_length = 1024;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "position scheme", {}, Resume::refused);
    v.field("layout", layout, "of sinusoidal", {}, Resume::refused);
    v.field("max_length", max_length, "rows of the learned table", Range{1, 10'000'000}, Resume::refused);
  }
};

struct AttentionConfig {
  AttentionType type = AttentionType::full;
  AttentionImplementation implementation = AttentionImplementation::automatic;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "attention mechanism", {}, Resume::refused);
    v.field("implementation", implementation, "of full", {}, Resume::warned);
  }
};

struct ModelConfig {
  Architecture architecture = Architecture::encoder_decoder;
  std::int64_t d_model = 512;
  std::int64_t num_heads = 8;
  Auto<std::int64_t> num_kv_heads;
  Auto<std::int64_t> d_head;
  std::int64_t d_ff = 2048;
  std::int64_t encoder_layers = 6;
  std::int64_t decoder_layers = 6;
  Activation activation = Activation::relu;
  NormType norm = NormType::layer_norm;
  NormPosition norm_position = NormPosition::pre;
  double norm_eps = 1e-5;
  Auto<bool> final_norm;
  bool embedding_norm = false;
  bool bias = true;
  Auto<bool> qkv_bias;
  double dropout = 0.1;
  double attention_dropout = 0.1;
  double activation_dropout = 0.0;
  Auto<double> embedding_dropout;
  TieEmbeddings tie_embeddings = TieEmbeddings::automatic;
  Auto<bool> scale_embeddings;
  bool output_bias = false;
  bool recompute = false;
  InitConfig init;
  PositionConfig position;
  std::optional<PositionConfig> encoder_position, decoder_position;          // override `position`
  std::vector<AttentionConfig> attention{AttentionConfig{}};                  // a pattern repeated over the layers
  std::vector<AttentionConfig> encoder_attention, decoder_attention, cross_attention;  // empty: `attention`
  template <class V>
  void visit(V& v) {
    const Range width{1, 65536}, layers{1, 512};
    v.field("architecture", architecture, "the shape of the model", {}, Resume::refused);
    v.field("d_model", d_model, "width of the residual stream", width, Resume::refused);
    v.field("num_heads", num_heads, "query heads", Range{1, 1024}, Resume::refused);
    v.automatic("num_kv_heads", num_kv_heads, "key and value heads; fewer than num_heads: grouped-query, 1: multi-query", Range{1, 1024}, Resume::refused, "num_heads");
    v.automatic("d_head", d_head, "size of a head", width, Resume::refused, "d_model / num_heads");
    v.field("d_ff", d_ff, "inner width of the feed-forward layer; of a gated activation, of each branch", Range{1, 1'000'000}, Resume::refused);
    v.field("encoder_layers", encoder_layers, "layers of the encoder", layers, Resume::refused);
    v.field("decoder_layers", decoder_layers, "layers of the decoder", layers, Resume::refused);
    v.field("activation", activation, "of the feed-forward layer", {}, Resume::refused);
    v.field("norm", norm, "normalisation", {}, Resume::refused);
    v.field("norm_position", norm_position, "before or after each sublayer", {}, Resume::refused);
    v.field("norm_eps", norm_eps, "added to the variance", Range{1e-12, 1}, Resume::refused);
    v.automatic("final_norm", final_norm, "a norm after the last layer", {}, Resume::refused, "true for norm_position pre");
    v.field("embedding_norm", embedding_norm, "a norm after the embeddings", {}, Resume::refused);
    v.field("bias", bias, "of linear layers and LayerNorm", {}, Resume::refused);
    v.automatic("qkv_bias", qkv_bias, "of the query, key and value projections", {}, Resume::refused, "bias");
    v.field("dropout", dropout, "after each sublayer", kProbability, Resume::warned);
    v.field("attention_dropout", attention_dropout, "on attention probabilities", kProbability, Resume::warned);
    v.field("activation_dropout", activation_dropout, "inside the feed-forward layer", kProbability, Resume::warned);
    v.automatic("embedding_dropout", embedding_dropout, "on embeddings", kProbability, Resume::warned, "dropout");
    v.field("tie_embeddings", tie_embeddings, "which embedding matrices are one", {}, Resume::refused);
    v.automatic("scale_embeddings", scale_embeddings, "multiply embeddings by sqrt(d_model)", {}, Resume::refused, "true for encoder_decoder");
    v.field("output_bias", output_bias, "a bias on the logits", {}, Resume::refused);
    v.field("recompute", recompute, "activations of a layer are computed again in backward instead of kept: less memory, a third more time", {}, Resume::free);
    v.section("init", init, "initial weights");
    v.section("position", position, "position scheme of every stack");
    v.optional_section("encoder_position", encoder_position, "position scheme of the encoder instead");
    v.optional_section("decoder_position", decoder_position, "position scheme of the decoder instead");
    v.pattern("attention", attention, "attention of every layer: one, or a list repeated over the layers");
    v.pattern("encoder_attention", encoder_attention, "of the encoder instead");
    v.pattern("decoder_attention", decoder_attention, "self-attention of the decoder instead");
    v.pattern("cross_attention", cross_attention, "cross-attention instead");
  }
};

// Parameters whose names match `pattern`; the first group that matches counts.
struct ParameterGroupConfig {
  std::string pattern;
  double lr_scale = 1.0;
  Auto<double> weight_decay;
  bool frozen = false;
  template <class V>
  void visit(V& v) {
    v.field("pattern", pattern, "names as in docs/parameter-names.md; * stands for any characters", {}, Resume::refused);
    v.field("lr_scale", lr_scale, "multiplies the learning rate", Range{0, 1e6}, Resume::warned);
    v.automatic("weight_decay", weight_decay, "strength in this group", Range{0, 1e6}, Resume::warned, "that of the optimizer");
    v.field("frozen", frozen, "not trained at all", {}, Resume::refused);
  }
};

struct OptimizerConfig {
  OptimizerType type = OptimizerType::adam;
  double lr = 5e-4;
  std::vector<double> betas{0.9, 0.98};
  double eps = 1e-9;
  double weight_decay = 0.0;
  DecayTarget decay = DecayTarget::matrices;
  std::vector<ParameterGroupConfig> groups;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "optimizer", {}, Resume::refused);
    v.field("lr", lr, "peak learning rate; for noam the multiplier", Range{0, 1e6}, Resume::warned);
    v.field("betas", betas, "decay of the first and second moments", kProbability, Resume::warned);
    v.field("eps", eps, "added to the root of the second moment", Range{0, 1}, Resume::warned);
    v.field("weight_decay", weight_decay, "strength", Range{0, 1e6}, Resume::warned);
    v.field("decay", decay, "what decays", {}, Resume::warned);
    v.list("groups", groups, "parameters treated in another way");
  }
};

struct ScheduleConfig {
  ScheduleType type = ScheduleType::inverse_sqrt;
  std::int64_t warmup_steps = 4000;
  double warmup_init_lr = 0.0;
  double min_lr = 0.0;
  std::int64_t decay_steps = 0;
  double factor = 0.5;
  std::int64_t patience = 3;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "learning rate over the updates", {}, Resume::warned);
    v.field("warmup_steps", warmup_steps, "updates of the linear warm-up", kNotNegative, Resume::warned);
    v.field("warmup_init_lr", warmup_init_lr, "where the warm-up starts", Range{0, 1e6}, Resume::warned);
    v.field("min_lr", min_lr, "floor", Range{0, 1e6}, Resume::warned);
    v.field("decay_steps", decay_steps, "update at which cosine and linear reach min_lr; 0: max_steps", kNotNegative, Resume::warned);
    v.field("factor", factor, "of plateau: what the rate is multiplied by", Range{1e-6, 1, true}, Resume::warned);
    v.field("patience", patience, "of plateau: validations without a better best_metric before the rate falls", Range{0, 1'000'000}, Resume::warned);
  }
};

struct EmaConfig {
  double decay = 0.0;
  template <class V>
  void visit(V& v) {
    v.field("decay", decay, "of the exponential moving average of the weights; 0: off", kProbability, Resume::refused);
  }
};

struct EarlyStoppingConfig {
  std::int64_t patience = 0;
  template <class V>
  void visit(V& v) {
    v.field("patience", patience, "validations without a better best_metric that end the training; 0: off", kNotNegative, Resume::free);
  }
};

struct GuardConfig {
  std::int64_t max_skipped = 20;
  double sigma = 5.0;
  std::int64_t window = 1000;
  std::int64_t rollbacks = 1;
  template <class V>
  void visit(V& v) {
    v.field("max_skipped", max_skipped, "updates in a row with a loss or gradient that is no number before a rollback", kPositive, Resume::free);
    v.field("sigma", sigma, "standard deviations above the mean loss of the window that call for a rollback; 0: off", Range{0, 1e6}, Resume::free);
    v.field("window", window, "updates whose losses are remembered", Range{10, 1'000'000}, Resume::warned);
    v.field("rollbacks", rollbacks, "returns to the last good checkpoint with half the learning rate before the training gives up", Range{0, 1000}, Resume::free);
  }
};

struct TrainingConfig {
  std::int64_t max_steps = 100000;
  std::int64_t max_epochs = 0;
  double max_minutes = 0;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  Auto<double> label_smoothing;
  double clip_norm = 1.0;
  std::int64_t accumulate_steps = 1;
  EmaConfig ema;
  std::int64_t average_checkpoints = 0;
  Period validate_every{500};
  std::int64_t validate_batches = 0;
  std::vector<ValidateMetric> validate_metrics{ValidateMetric::loss};
  Auto<ValidateMetric> best_metric;
  Period save_every{500};
  std::int64_t keep_checkpoints = 5;
  EarlyStoppingConfig early_stopping;
  GuardConfig guard;
  std::string initialize_from;
  Period log_every{50};
  template <class V>
  void visit(V& v) {
    v.field("max_steps", max_steps, "updates; 0: no limit", kNotNegative, Resume::free);
    v.field("max_epochs", max_epochs, "passes over the data; 0: no limit", kNotNegative, Resume::free);
    v.field("max_minutes", max_minutes, "of training in all, resumed parts included; 0: no limit", Range{0, 1e9}, Resume::free);
    v.section("optimizer", optimizer, "optimizer");
    v.section("schedule", schedule, "learning-rate schedule");
    v.automatic("label_smoothing", label_smoothing, "epsilon, spread over all V classes", kProbability, Resume::warned, "0.1 for translation");
    v.field("clip_norm", clip_norm, "largest global gradient norm; 0: off", Range{0, 1e9}, Resume::warned);
    v.field("accumulate_steps", accumulate_steps, "batches an update", Range{1, 1'000'000}, Resume::warned);
    v.section("ema", ema, "exponential moving average of the weights");
    v.field("average_checkpoints", average_checkpoints, "final/ is the average of the last n on the save_every grid; 0: off", Range{0, 1000}, Resume::free);
    v.field("validate_every", validate_every, "between validations", {}, Resume::free);
    v.field("validate_batches", validate_batches, "batches a validation; 0: all", kNotNegative, Resume::warned);
    v.field("validate_metrics", validate_metrics, "what a validation measures; the first decides what is best", {}, Resume::warned);
    v.automatic("best_metric", best_metric, "what decides which checkpoint is best", {}, Resume::warned, "the first of validate_metrics");
    v.field("save_every", save_every, "between checkpoints", {}, Resume::warned);
    v.field("keep_checkpoints", keep_checkpoints, "checkpoints kept besides the best", Range{1, 10000}, Resume::free);
    v.section("early_stopping", early_stopping, "stop when nothing gets better");
    v.section("guard", guard, "what happens when a training diverges");
    v.field("initialize_from", initialize_from, "a model to fine-tune, with its tokenizer unless data.tokenizer says otherwise", {}, Resume::free);
    v.field("log_every", log_every, "between lines of metrics", {}, Resume::free);
  }
};

struct LengthPenaltyConfig {
  LengthPenaltyType type = LengthPenaltyType::average;
  double alpha = 1.0;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "how length enters a score", {}, Resume::free);
    v.field("alpha", alpha, "strength", Range{0, 10}, Resume::free);
  }
};

struct StopConfig {
  StopRule rule = StopRule::finished;
  double patience = 1.0;
  template <class V>
  void visit(V& v) {
    v.field("rule", rule, "when a sentence is done", {}, Resume::free);
    v.field("patience", patience, "beam_size x patience hypotheses must finish (rounded up)", Range{0.01, 100}, Resume::free);
  }
};

struct DecodingConfig {
  std::int64_t beam_size = 5;
  std::int64_t candidates = 2;
  LengthPenaltyConfig length_penalty;
  double coverage_penalty = 0.0;
  std::int64_t min_length = 0;
  std::int64_t max_length = 255;
  double max_length_ratio = 2.0;
  std::int64_t max_length_offset = 50;
  double repetition_penalty = 1.0;
  std::int64_t no_repeat_ngram = 0;
  StopConfig stop;
  template <class V>
  void visit(V& v) {
    v.field("beam_size", beam_size, "hypotheses kept; 1 is greedy search", Range{1, 1000}, Resume::free);
    v.field("candidates", candidates, "candidates x beam_size continuations are looked at in a step", Range{1, 100}, Resume::free);
    v.section("length_penalty", length_penalty, "length penalty");
    v.field("coverage_penalty", coverage_penalty, "strength of GNMT's coverage penalty; 0: off", Range{0, 100}, Resume::free);
    v.field("min_length", min_length, "shortest output in tokens, end symbol not counted", Range{0, 1'000'000}, Resume::free);
    v.field("max_length", max_length, "longest output in tokens", Range{1, 1'000'000}, Resume::free);
    v.field("max_length_ratio", max_length_ratio, "output limit per source token", Range{0, 1000}, Resume::free);
    v.field("max_length_offset", max_length_offset, "added to ratio x source tokens", Range{0, 1'000'000}, Resume::free);
    v.field("repetition_penalty", repetition_penalty, "above 1 makes tokens already used less likely; 1: off", Range{1e-3, 1000}, Resume::free);
    v.field("no_repeat_ngram", no_repeat_ngram, "no sequence of so many tokens twice in an output; 0: off", Range{0, 1000}, Resume::free);
    v.section("stop", stop, "stopping rule");
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
  }
};

// Fills every Auto from its neighbours. Idempotent.
void resolve(Config& config);

// The attention of a layer: the override if it has rows, else `attention`; rows repeat over the layers.
enum class AttentionUse { encoder_self, decoder_self, cross };
const AttentionConfig& attention_of(const ModelConfig& model, AttentionUse use, std::int64_t layer);
const PositionConfig& encoder_position_of(const ModelConfig& model);
const PositionConfig& decoder_position_of(const ModelConfig& model);

}  // namespace attend
