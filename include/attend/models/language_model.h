// LanguageModel is a decoder-only Transformer: it predicts the next token from those before it. It is GPT-2 (Radford et
// al. 2019) with learned positions, LayerNorm, GELU and tied embeddings, and LLaMA (Touvron et al. 2023) with rope,
// RMSNorm, SwiGLU and without biases.
// Legend: B batch, T length, t new tokens, D model.
#pragma once

#include "attend/models/decoder_state.h"
#include "attend/models/embedding_stage.h"
#include "attend/models/model.h"

namespace attend {

struct LanguageInput {
  at::Tensor tokens;  // (B, T) int64
  // (B, T) int64: the document of each token, non-decreasing along a row; undefined: each row is one document.
  at::Tensor segments = {};
  // (B, T) int64, restarting with each document; undefined: 0 .. T - 1. Only position schemes that add to the
  // embeddings read them.
  at::Tensor positions = {};
  // With model.memory_length: what the rows read before. These tokens go into it too; gradients do not.
  DecoderState* memory = nullptr;
};

class LanguageModel final : public Model {
 public:
  static constexpr ModelKind kKind{
      "a language model", "attend generate continues text with it, attend score --text says how likely a text is"};
  ModelKind kind() const override { return kKind; }

  // `config` is resolved. Weights start as config.init says, drawn from `seed`.
  LanguageModel(const ModelConfig& config, const Vocabularies& vocabularies, std::uint64_t seed);

  // Returns hidden states (B, T, D) for the head. No token sees one of another segment. A memory goes with
  // memory_length above 0 and without segments only (TORCH_CHECK).
  at::Tensor hidden(const LanguageInput& input, const ForwardContext& context) const;
  // Returns {"loss", "nll"}. labels (B, T) are the tokens that follow; a label of kNoLabel does not count.
  std::vector<LossTerm> loss(const LanguageInput& input, const at::Tensor& labels, const ForwardContext& context,
                             const LossOptions& options = {}) const;
  std::vector<LossTerm> made_up_loss(std::int64_t rows, std::int64_t length,
                                     const ForwardContext& context) const override;

  // Decoding goes on from a state. make_state() returns an empty one. advance() takes tokens (rows, t), which follow
  // what the state has seen, and returns hidden states (rows, t, D) for the head. valid (rows, t) bool is false where a
  // row is padded on the left; undefined: all tokens are real. remembered (rows) int64 says how many places before the
  // new ones each row sees; undefined: all.
  DecoderState make_state(const StateShape& shape) const;
  at::Tensor advance(const at::Tensor& tokens, DecoderState& state, const at::Tensor& valid = {},
                     const at::Tensor& remembered = {}) const;

  int layers() const { return decoder_->layers(); }
  std::int64_t memory_length() const { return memory_length_; }

 private:
  at::Tensor read(const StageInput& input, const AttentionMask& mask, const ForwardContext& context,
                  DecoderState* state) const;

  std::int64_t memory_length_;
  std::shared_ptr<Embedding> embedding_;
  std::shared_ptr<EmbeddingStage> input_;
  std::shared_ptr<Stack> decoder_;
};

std::shared_ptr<LanguageModel> build_language_model(const Config& config, const Vocabularies& vocabularies);

}  // namespace attend
