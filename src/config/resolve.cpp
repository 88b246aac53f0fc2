#include <algorithm>

#include "attend/config/config.h"

namespace attend {

namespace {

template <class T>
void fill(Auto<T>& value, T derived) {
  if (!value) value = derived;
}

// train, train_2, ... where a name is left out.
template <class Corpus>
void name_all(std::vector<Corpus>& corpora, const std::string& base) {
  for (std::size_t i = 0; i < corpora.size(); ++i)
    if (corpora[i].name.empty()) corpora[i].name = i == 0 ? base : base + "_" + std::to_string(i + 1);
}

// Sines are as large as 1: embeddings that are not scaled would drown in them.
bool adds_sines(const ModelConfig& model) {
  const auto& rows = model.decoder_position.empty() ? model.position : model.decoder_position;
  return std::ranges::any_of(rows, [](const PositionConfig& row) { return row.type() == PositionType::sinusoidal; });
}

}  // namespace

void resolve_types(Config& config) {
  ModelConfig& model = config.model;
  for (auto* rows : {&model.position, &model.encoder_position, &model.decoder_position})
    for (auto& row : *rows)
      if (row.automatic) row.choose(automatic_position(model.architecture));
}

void resolve(Config& config) {
  resolve_types(config);
  ModelConfig& model = config.model;
  fill(model.num_kv_heads, model.num_heads);
  fill(model.d_head, model.d_model / model.num_heads);
  fill(model.final_norm, model.norm_position == NormPosition::pre);
  fill(model.qkv_bias, model.bias);
  fill(model.embedding_dropout, model.dropout);
  fill(model.scale_embeddings, parts_of(model.architecture).encoder || adds_sines(model));
  fill(config.training.label_smoothing, config.task == TaskType::translation ? 0.1 : 0.0);
  if (!config.data.validation.empty() && !config.training.validate_metrics.empty())
    fill(config.training.best_metric, config.training.validate_metrics.front());
  fill(config.decoding.max_length, config.data.max_length);
  name_all(config.data.train, "train");
  name_all(config.data.validation, "validation");

  TokenizersConfig& tokenizer = config.data.tokenizer;
  for (TokenizerConfig* side : {&tokenizer.source, &tokenizer.target})
    if (!side->vocab.empty()) side->type = TokenizerType::bpe;  // GPT-2's two files say it themselves
  if (tokenizer.two) tokenizer.source.shared = tokenizer.target.shared = false;
  if (model.tie_embeddings == TieEmbeddings::automatic)
    model.tie_embeddings =
        tokenizer.shared() && config.task == TaskType::translation ? TieEmbeddings::all : TieEmbeddings::decoder;
}

namespace {

// The row of a layer in a pattern, which is `general` where there is none of its own.
template <class Row>
const Row& row_of(const std::vector<Row>& own, const std::vector<Row>& general, std::int64_t layer) {
  const auto& rows = own.empty() ? general : own;
  return rows.at(static_cast<std::size_t>(layer) % rows.size());
}

}  // namespace

const AttentionConfig& attention_of(const ModelConfig& model, AttentionUse use, std::int64_t layer) {
  switch (use) {
    case AttentionUse::encoder_self: return row_of(model.encoder_attention, model.attention, layer);
    case AttentionUse::decoder_self: return row_of(model.decoder_attention, model.attention, layer);
    case AttentionUse::cross: return row_of(model.cross_attention, model.attention, layer);
  }
  return model.attention.front();
}

const PositionConfig& encoder_position_of(const ModelConfig& model, std::int64_t layer) {
  return row_of(model.encoder_position, model.position, layer);
}

const PositionConfig& decoder_position_of(const ModelConfig& model, std::int64_t layer) {
  return row_of(model.decoder_position, model.position, layer);
}

std::optional<std::int64_t> longest_sequence(const PositionConfig& config) {
  const auto* table = config.find<LearnedOptions>();
  return table ? std::optional(table->max_length) : std::nullopt;
}

std::int64_t rotary_size(const RopeOptions& rope, std::int64_t head_size) {
  return static_cast<std::int64_t>(rope.fraction * static_cast<double>(head_size) + 1e-9);
}

}  // namespace attend
