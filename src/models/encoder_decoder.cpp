// B batch, S source, T target, D model, V vocabulary.
#include "attend/models/encoder_decoder.h"

#include <torch/types.h>

#include "attend/nn/init.h"

namespace attend {

EncoderDecoder::EncoderDecoder(const ModelConfig& config, const Vocabularies& vocabularies, std::uint64_t seed)
    : Model(vocabularies) {
  const auto D = config.d_model;
  const bool one_table = config.tie_embeddings == TieEmbeddings::all;
  const std::string first = one_table ? "embedding" : "source_embedding";
  source_embedding_ = register_module(first, std::make_shared<Embedding>(vocabularies.source, D, vocabularies.padding));
  if (!one_table)
    target_embedding_ =
        register_module("target_embedding", std::make_shared<Embedding>(vocabularies.target, D, vocabularies.padding));

  const EmbeddingStage::Options source{encoder_position_of(config), 0, vocabularies.padding};
  const EmbeddingStage::Options target{decoder_position_of(config), kDecoderLayer, vocabularies.padding};
  source_stage_ = register_module("encoder_input", std::make_shared<EmbeddingStage>(config, source));
  target_stage_ = register_module("decoder_input", std::make_shared<EmbeddingStage>(config, target));
  encoder_ = register_module("encoder", std::make_shared<Stack>(config, StackKind::encoder));
  decoder_ = register_module("decoder", std::make_shared<Stack>(config, StackKind::decoder));

  const OutputConfig head{D, vocabularies.target, config.output_bias};
  const auto tied = one_table ? source_embedding_
                              : config.tie_embeddings == TieEmbeddings::decoder ? target_embedding_ : nullptr;
  set_head(head, tied);
  initialize(*this, config, seed);
}

EncoderDecoder::Memory EncoderDecoder::encode(const at::Tensor& source, const ForwardContext& context) const {
  const auto mask = AttentionMask::from_padding(source, vocabularies().padding, /*causal=*/false);
  const auto x = source_stage_->forward(*source_embedding_, {source}, context);
  return {encoder_->forward({x, {}, mask, mask, context, nullptr, mask.key_valid}, head().compute_dtype()), mask};
}

at::Tensor EncoderDecoder::decode(const at::Tensor& target, const Memory& memory, const ForwardContext& context) const {
  // Padding at the right is never visible to a real token of a causal decoder; its own rows are ignored by the loss.
  AttentionMask mask;
  mask.causal = true;
  const auto real = target.ne(vocabularies().padding);
  const auto x = target_stage_->forward(target_embedding(), {target}, context);
  return decoder_->forward({x, memory.hidden, mask, memory.mask, context, nullptr, real}, head().compute_dtype());
}

std::vector<LossTerm> EncoderDecoder::loss(const at::Tensor& source, const at::Tensor& target, const at::Tensor& labels,
                                           const ForwardContext& context, const LossOptions& options) const {
  const auto memory = encode(source, context);
  return head().loss(decode(target, memory, context), labels, options);
}

std::vector<LossTerm> EncoderDecoder::made_up_loss(std::int64_t rows, std::int64_t length,
                                                   const ForwardContext& context) const {
  const auto target = made_up_ids(rows, length, vocabularies().target);
  return loss(made_up_ids(rows, length, vocabularies().source), target, target, context);
}

DecoderState EncoderDecoder::make_state(const StateShape& shape) const { return {decoder_->make_state(shape)}; }

at::Tensor EncoderDecoder::decode_on(const at::Tensor& tokens, const Memory& memory, DecoderState& state,
                                     const ForwardContext& context) const {
  AttentionMask mask;
  mask.causal = true;
  const auto x = target_stage_->forward(target_embedding(), {tokens, {}, state.length}, context);
  const auto hidden =
      decoder_->forward({x, memory.hidden, mask, memory.mask, context, &state.layers}, head().compute_dtype());
  state.count(tokens, {});
  return hidden;
}

at::Tensor EncoderDecoder::decode_step(const at::Tensor& tokens, const Memory& memory, DecoderState& state,
                                       const ForwardContext& context) const {
  return head().logits(decode_on(tokens, memory, state, context).select(1, tokens.size(1) - 1));
}

std::shared_ptr<EncoderDecoder> build_encoder_decoder(const Config& config, const Vocabularies& vocabularies) {
  return std::make_shared<EncoderDecoder>(config.model, vocabularies, static_cast<std::uint64_t>(config.seed));
}

}  // namespace attend
