// A decoder-only Transformer: the next token from those before it. GPT-2 (Radford et al. 2019) with learned positions,
// LayerNorm, GELU and tied embeddings; LLaMA (Touvron et al. 2023) with rope, RMSNorm, SwiGLU and without biases.
#pragma once

#include "attend/models/decoder_state.h"
#include "attend/models/embedding_stage.h"
#include "attend/models/model.h"

namespace attend {

struct LanguageInput {
  at::Tensor tokens;          // (B, T) int64
  at::Tensor segments = {};   // (B, T) int64: the document of each token, non-decreasing along a row; undefined: one document
  at::Tensor positions = {};  // (B, T) int64, restarting with each document; undefined: 0 .. T-1; read by input position schemes
  DecoderState* memory = nullptr;  // with model.memory_length: what the rows read before; they go into it, gradients do not
};

class LanguageModel final : public Model {
 public:
  static constexpr ModelKind kKind{"a language model", "attend generate continues text with it, attend score --text says how likely a text is"};
  ModelKind kind() const override { return kKind; }

  // `config` is resolved. Weights start as config.init says, drawn from `seed`.
  LanguageModel(const ModelConfig& config, const Vocabularies& vocabularies, double label_smoothing, std::uint64_t seed);

  // (B, T, D) for the head. No token sees one of another segment.
  at::Tensor hidden(const LanguageInput& input, const ForwardContext& context);
  // {"loss", "nll"}; labels (B, T) are the tokens that follow, -1 counts nothing
  std::vector<LossTerm> loss(const LanguageInput& input, const at::Tensor& labels, const ForwardContext& context);
  std::vector<LossTerm> made_up_loss(std::int64_t rows, std::int64_t length, const ForwardContext& context) override;

  // Decoding with a state. tokens (rows, t) follow what the state has seen. valid (rows, t) bool: false where a row is
  // padded on the left; undefined: all are real. remembered (rows) int64: how many places before the new ones each row sees;
  // undefined: all. Hidden states (rows, t, D) for the head.
  DecoderState make_state(const StateShape& shape) const;
  at::Tensor advance(const at::Tensor& tokens, DecoderState& state, const at::Tensor& valid = {}, const at::Tensor& remembered = {});

  int layers() const { return decoder_->layers(); }
  std::int64_t memory_length() const { return memory_length_; }

 private:
  at::Tensor read(const StageInput& input, const AttentionMask& mask, const ForwardContext& context, DecoderState* state);

  std::int64_t memory_length_;
  std::shared_ptr<Embedding> embedding_;
  std::shared_ptr<EmbeddingStage> input_;
  std::shared_ptr<Stack> decoder_;
};

std::shared_ptr<LanguageModel> build_language_model(const Config& config, const Vocabularies& vocabularies);

}  // namespace attend
