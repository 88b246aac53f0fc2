// EncoderDecoder is the Transformer of Vaswani et al. 2017 with every model key of the YAML: a bidirectional encoder, a
// causal decoder with cross-attention, embeddings tied as configured.
// Legend: B batch, S source, T target, t new tokens, D model, V vocabulary.
#pragma once

#include <memory>

#include "attend/models/decoder_state.h"
#include "attend/models/embedding_stage.h"
#include "attend/models/model.h"

namespace attend {

class EncoderDecoder final : public Model {
 public:
  static constexpr ModelKind kKind{"a translation model",
                                   "attend translate and attend score --source --target take it"};
  ModelKind kind() const override { return kKind; }

  // `config` is resolved. Weights start as config.init says, drawn from `seed`.
  EncoderDecoder(const ModelConfig& config, const Vocabularies& vocabularies, std::uint64_t seed);

  struct Memory {
    at::Tensor hidden;   // (B, S, D)
    AttentionMask mask;  // mask of the source
  };
  // Encodes source (B, S) int64, padded at the right.
  Memory encode(const at::Tensor& source, const ForwardContext& context) const;
  // Returns hidden states (B, T, D) for the head. target (B, T) starts with bos.
  at::Tensor decode(const at::Tensor& target, const Memory& memory, const ForwardContext& context) const;
  // Returns {"loss", "nll"}. labels (B, T) are the targets shifted by one, kNoLabel at padding.
  std::vector<LossTerm> loss(const at::Tensor& source, const at::Tensor& target, const at::Tensor& labels,
                             const ForwardContext& context, const LossOptions& options = {}) const;
  std::vector<LossTerm> made_up_loss(std::int64_t rows, std::int64_t length,
                                     const ForwardContext& context) const override;

  // Decoding goes on from a state. make_state() returns an empty one. decode_on() takes tokens (hypotheses, t), which
  // follow what the state has seen, and returns hidden states (hypotheses, t, D) for the head. It reads memory the
  // first time only.
  DecoderState make_state(const StateShape& shape) const;
  at::Tensor decode_on(const at::Tensor& tokens, const Memory& memory, DecoderState& state,
                       const ForwardContext& context = {}) const;
  // Does the same and returns the logits of the last token: (hypotheses, V) float32 (float64 for float64).
  at::Tensor decode_step(const at::Tensor& tokens, const Memory& memory, DecoderState& state,
                         const ForwardContext& context = {}) const;

  int decoder_layers() const { return decoder_->layers(); }

 private:
  const Embedding& target_embedding() const { return target_embedding_ ? *target_embedding_ : *source_embedding_; }

  std::shared_ptr<Embedding> source_embedding_, target_embedding_;  // target: null where tied to the source
  std::shared_ptr<EmbeddingStage> source_stage_, target_stage_;
  std::shared_ptr<Stack> encoder_, decoder_;
};

std::shared_ptr<EncoderDecoder> build_encoder_decoder(const Config& config, const Vocabularies& vocabularies);

}  // namespace attend
