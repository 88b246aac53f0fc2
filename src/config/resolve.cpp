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

}  // namespace

void resolve(Config& config) {
  ModelConfig& model = config.model;
  fill(model.num_kv_heads, model.num_heads);
  fill(model.d_head, model.d_model / model.num_heads);
  fill(model.final_norm, model.norm_position == NormPosition::pre);
  fill(model.qkv_bias, model.bias);
  fill(model.embedding_dropout, model.dropout);
  fill(model.scale_embeddings, model.architecture == Architecture::encoder_decoder);
  fill(config.training.label_smoothing, config.task == TaskType::translation ? 0.1 : 0.0);
  if (!config.training.validate_metrics.empty()) fill(config.training.best_metric, config.training.validate_metrics.front());
  name_all(config.data.train, "train");
  name_all(config.data.validation, "validation");

  TokenizersConfig& tokenizer = config.data.tokenizer;
  if (tokenizer.two) tokenizer.source.shared = tokenizer.target.shared = false;
  if (model.tie_embeddings == TieEmbeddings::automatic)
    model.tie_embeddings = tokenizer.shared() && config.task == TaskType::translation ? TieEmbeddings::all : TieEmbeddings::decoder;
}

const AttentionConfig& attention_of(const ModelConfig& model, AttentionUse use, std::int64_t layer) {
  const auto override_of = [&]() -> const std::vector<AttentionConfig>& {
    switch (use) {
      case AttentionUse::encoder_self: return model.encoder_attention;
      case AttentionUse::decoder_self: return model.decoder_attention;
      case AttentionUse::cross: return model.cross_attention;
    }
    return model.attention;
  };
  const auto& own = override_of();
  const auto& rows = own.empty() ? model.attention : own;
  return rows.at(static_cast<std::size_t>(layer) % rows.size());
}

const PositionConfig& encoder_position_of(const ModelConfig& model) {
  return model.encoder_position ? *model.encoder_position : model.position;
}

const PositionConfig& decoder_position_of(const ModelConfig& model) {
  return model.decoder_position ? *model.decoder_position : model.position;
}

}  // namespace attend
