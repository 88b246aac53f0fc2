// B batch, T length, D model, V vocabulary.
#include "attend/models/language_model.h"

#include <torch/types.h>

#include "attend/nn/init.h"

namespace attend {

LanguageModel::LanguageModel(const ModelConfig& config, const Vocabularies& vocabularies, std::uint64_t seed)
    : Model(vocabularies), memory_length_(config.memory_length) {
  const auto V = vocabularies.target, D = config.d_model, padding = vocabularies.padding;
  embedding_ = register_module("embedding", std::make_shared<Embedding>(V, D, padding));
  const EmbeddingStage::Options stage{decoder_position_of(config), kDecoderLayer, padding};
  input_ = register_module("input", std::make_shared<EmbeddingStage>(config, stage));
  decoder_ = register_module("decoder", std::make_shared<Stack>(config, StackKind::decoder_only));
  const bool tied = config.tie_embeddings != TieEmbeddings::none;
  set_head({D, V, config.output_bias}, tied ? embedding_ : nullptr);
  initialize(*this, config, seed);
}

at::Tensor LanguageModel::read(const StageInput& input, const AttentionMask& mask, const ForwardContext& context,
                               DecoderState* state) const {
  const auto x = input_->forward(*embedding_, input, context);
  return decoder_->forward({x, {}, mask, mask, context, state ? &state->layers : nullptr, mask.key_valid},
                           head().compute_dtype());
}

at::Tensor LanguageModel::hidden(const LanguageInput& input, const ForwardContext& context) const {
  TORCH_CHECK(!input.memory || (memory_length_ > 0 && !input.segments.defined()),
              "[language model] expected a model with a memory and one document a row, got a model with ",
              memory_length_, " remembered places");
  AttentionMask mask;
  mask.causal = true;
  mask.segments = input.segments;
  const auto hidden =
      read({input.tokens, input.positions, input.memory ? input.memory->length : 0}, mask, context, input.memory);
  if (input.memory) input.memory->count(input.tokens, {});
  return hidden;
}

std::vector<LossTerm> LanguageModel::loss(const LanguageInput& input, const at::Tensor& labels,
                                          const ForwardContext& context, const LossOptions& options) const {
  return head().loss(hidden(input, context), labels, options);
}

std::vector<LossTerm> LanguageModel::made_up_loss(std::int64_t rows, std::int64_t length,
                                                  const ForwardContext& context) const {
  const auto ids = made_up_ids(rows, length, vocabularies().target);
  if (memory_length_ == 0) return loss({ids}, ids, context);
  auto memory = make_state({rows});
  {
    const torch::NoGradGuard no_grad;
    while (memory.length < memory_length_) advance(ids, memory);
  }
  return loss({ids, {}, {}, &memory}, ids, context);
}

DecoderState LanguageModel::make_state(const StateShape& shape) const { return {decoder_->make_state(shape)}; }

at::Tensor LanguageModel::advance(const at::Tensor& tokens, DecoderState& state, const at::Tensor& valid,
                                  const at::Tensor& remembered) const {
  AttentionMask mask;
  mask.causal = true;
  mask.key_valid = valid;
  mask.remembered = remembered;
  const auto hidden = read({tokens, state.next_positions(tokens, valid), state.length}, mask, {}, &state);
  state.count(tokens, valid);
  return hidden;
}

std::shared_ptr<LanguageModel> build_language_model(const Config& config, const Vocabularies& vocabularies) {
  return std::make_shared<LanguageModel>(config.model, vocabularies, static_cast<std::uint64_t>(config.seed));
}

}  // namespace attend
