// B batch, S source, T target, D model, V vocabulary.
#include "attend/models/encoder_decoder.h"

#include <torch/types.h>

#include <cmath>

#include "attend/kernels/elementwise.h"
#include "attend/nn/init.h"

namespace attend {

void DecoderState::reorder(const at::Tensor& hypothesis_rows) {
  for (auto& layer : layers) layer->reorder(hypothesis_rows);
}

void DecoderState::keep(const at::Tensor& sentence_rows) {
  for (auto& layer : layers) layer->keep(sentence_rows);
}

EmbeddingStage::EmbeddingStage(const ModelConfig& config, const Options& options)
    : positions_(make_input_positions(options.position, config.d_model)),
      scale_(*config.scale_embeddings ? std::sqrt(static_cast<double>(config.d_model)) : 1.0),
      dropout_(*config.embedding_dropout),
      layer_(options.layer),
      padding_(options.padding) {
  if (positions_) register_module("positions", positions_);
  if (config.embedding_norm)
    norm_ = register_module("norm", std::make_shared<Norm>(config.norm, config.d_model, config.norm_eps, config.bias));
}

at::Tensor EmbeddingStage::forward(const Embedding& table, const at::Tensor& ids, const ForwardContext& context,
                                   std::int64_t first) const {
  kernels::EmbeddingInput input{ids, table.table().master, {}, scale_, padding_};
  if (positions_) {
    // Padding on the left would shift the rows; then a token's position is its own count of real tokens.
    input.positions = context.left_padded ? positions_->rows_at((ids.ne(padding_).cumsum(1) - 1).clamp_min(0))
                                          : positions_->rows(first, ids.size(1));
  }
  const auto dropout = context.dropout(dropout_, layer_, Site::embedding);
  if (!norm_) return kernels::embed(input, dropout);
  const auto x = kernels::embed(input, Dropout{});
  return kernels::dropout(norm_->forward(x, x.scalar_type()), dropout);
}

EncoderDecoder::EncoderDecoder(const ModelConfig& config, const Vocabularies& vocabularies, double label_smoothing,
                               std::uint64_t seed)
    : vocabularies_(vocabularies) {
  const auto D = config.d_model;
  const bool one_table = config.tie_embeddings == TieEmbeddings::all;
  const std::string first = one_table ? "embedding" : "source_embedding";
  source_embedding_ = register_module(first, std::make_shared<Embedding>(vocabularies.source, D, vocabularies.padding));
  if (!one_table)
    target_embedding_ = register_module("target_embedding", std::make_shared<Embedding>(vocabularies.target, D, vocabularies.padding));

  const EmbeddingStage::Options source{encoder_position_of(config), 0, vocabularies.padding};
  const EmbeddingStage::Options target{decoder_position_of(config), kDecoderLayer, vocabularies.padding};
  source_stage_ = register_module("encoder_input", std::make_shared<EmbeddingStage>(config, source));
  target_stage_ = register_module("decoder_input", std::make_shared<EmbeddingStage>(config, target));
  encoder_ = register_module("encoder", std::make_shared<Stack>(config, StackKind::encoder));
  decoder_ = register_module("decoder", std::make_shared<Stack>(config, StackKind::decoder));

  const HeadConfig head{D, vocabularies.target, config.output_bias, label_smoothing, vocabularies.padding};
  const auto tied = one_table ? source_embedding_
                              : config.tie_embeddings == TieEmbeddings::decoder ? target_embedding_ : nullptr;
  head_ = register_module("head", std::make_shared<VocabularyHead>(head, tied));
  initialize(*this, config, seed);
}

EncoderDecoder::Memory EncoderDecoder::encode(const at::Tensor& source, const ForwardContext& context) {
  const auto mask = AttentionMask::from_padding(source, vocabularies_.padding, /*causal=*/false);
  const auto x = source_stage_->forward(*source_embedding_, source, context);
  return {encoder_->forward({x, {}, mask, mask, context}, head_->compute_dtype()), mask};
}

at::Tensor EncoderDecoder::decode(const at::Tensor& target, const Memory& memory, const ForwardContext& context) {
  // Padding at the right is never visible to a real token of a causal decoder; its own rows are ignored by the loss.
  AttentionMask mask;
  mask.causal = true;
  if (context.left_padded) mask.key_valid = target.ne(vocabularies_.padding);
  const auto x = target_stage_->forward(target_embedding(), target, context);
  return decoder_->forward({x, memory.hidden, mask, memory.mask, context}, head_->compute_dtype());
}

std::vector<LossTerm> EncoderDecoder::loss(const at::Tensor& source, const at::Tensor& target, const at::Tensor& labels,
                                           const ForwardContext& context) {
  const auto memory = encode(source, context);
  return head_->loss(decode(target, memory, context), labels);
}

DecoderState EncoderDecoder::make_state(const StateShape& shape) const { return {decoder_->make_state(shape), 0}; }

at::Tensor EncoderDecoder::decode_on(const at::Tensor& tokens, const Memory& memory, DecoderState& state,
                                     const ForwardContext& context) {
  AttentionMask mask;
  mask.causal = true;
  const auto x = target_stage_->forward(target_embedding(), tokens, context, state.length);
  const auto hidden = decoder_->forward({x, memory.hidden, mask, memory.mask, context, &state.layers}, head_->compute_dtype());
  state.length += tokens.size(1);
  return hidden;
}

at::Tensor EncoderDecoder::decode_step(const at::Tensor& tokens, const Memory& memory, DecoderState& state,
                                       const ForwardContext& context) {
  return head_->logits(decode_on(tokens, memory, state, context).select(1, tokens.size(1) - 1));
}

std::shared_ptr<EncoderDecoder> build_encoder_decoder(const Config& config, const Vocabularies& vocabularies) {
  return std::make_shared<EncoderDecoder>(config.model, vocabularies, *config.training.label_smoothing,
                                          static_cast<std::uint64_t>(config.seed));
}

}  // namespace attend
