// The Transformer of Vaswani et al. 2017 with every model key of the YAML: a bidirectional encoder, a causal decoder
// with cross-attention, embeddings tied as configured.
#pragma once

#include <memory>

#include "attend/models/block.h"
#include "attend/nn/vocabulary_head.h"
#include "attend/position/position.h"

namespace attend {

struct Vocabularies {
  std::int64_t source = 0, target = 0;
  std::int64_t padding = 0, bos = 2, eos = 3;
};

// The state of a decoding batch; see attention/layer_state.h for reorder and keep.
struct DecoderState {
  StackState layers;
  std::int64_t length = 0;  // tokens taken in so far
  void reorder(const at::Tensor& hypothesis_rows);
  void keep(const at::Tensor& sentence_rows);
};

// One side's way from ids to vectors: table, scale, positions, optional norm, dropout.
class EmbeddingStage : public torch::nn::Module {
 public:
  struct Options {
    PositionConfig position;
    int layer = 0;  // in random draws
    std::int64_t padding = 0;
  };
  EmbeddingStage(const ModelConfig& config, const Options& options);
  // ids (B, T), the first of which stands at position `first` -> (B, T, D)
  at::Tensor forward(const Embedding& table, const at::Tensor& ids, const ForwardContext& context, std::int64_t first = 0) const;

 private:
  std::shared_ptr<InputPositions> positions_;
  std::shared_ptr<Norm> norm_;
  double scale_, dropout_;
  int layer_;
  std::int64_t padding_;
};

class EncoderDecoder : public torch::nn::Module {
 public:
  // `config` is resolved. Weights start as config.init says, drawn from `seed`.
  EncoderDecoder(const ModelConfig& config, const Vocabularies& vocabularies, double label_smoothing, std::uint64_t seed);

  struct Memory {
    at::Tensor hidden;   // (B, S, D)
    AttentionMask mask;  // of the source
  };
  // source (B, S) int64, padded anywhere
  Memory encode(const at::Tensor& source, const ForwardContext& context);
  // target inputs (B, T), starting with bos -> hidden states (B, T, D) for the head
  at::Tensor decode(const at::Tensor& target, const Memory& memory, const ForwardContext& context);
  // {"loss", "nll"}; labels (B, T) are the targets shifted by one, padding ignored
  std::vector<LossTerm> loss(const at::Tensor& source, const at::Tensor& target, const at::Tensor& labels,
                             const ForwardContext& context);

  // Decoding with a state. tokens (hypotheses, t) follow what the state has seen; memory is read the first time only.
  // Hidden states (hypotheses, t, D) for the head.
  DecoderState make_state(const StateShape& shape) const;
  at::Tensor decode_on(const at::Tensor& tokens, const Memory& memory, DecoderState& state, const ForwardContext& context = {});
  // The same, and the logits of the last token: (hypotheses, V) float32.
  at::Tensor decode_step(const at::Tensor& tokens, const Memory& memory, DecoderState& state, const ForwardContext& context = {});

  const VocabularyHead& head() const { return *head_; }
  const Vocabularies& vocabularies() const { return vocabularies_; }
  int decoder_layers() const { return decoder_->layers(); }
  // Casts for inference, or float32 again.
  void set_compute_dtype(at::ScalarType compute) { cast_working_copies(*this, compute); }

 private:
  const Embedding& target_embedding() const { return target_embedding_ ? *target_embedding_ : *source_embedding_; }

  Vocabularies vocabularies_;
  std::shared_ptr<Embedding> source_embedding_, target_embedding_;  // target: null where tied to the source
  std::shared_ptr<EmbeddingStage> source_stage_, target_stage_;
  std::shared_ptr<Stack> encoder_, decoder_;
  std::shared_ptr<VocabularyHead> head_;
};

std::shared_ptr<EncoderDecoder> build_encoder_decoder(const Config& config, const Vocabularies& vocabularies);

}  // namespace attend
