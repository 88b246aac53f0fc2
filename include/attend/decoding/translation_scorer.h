// Makes a Scorer of an encoder-decoder. The source is encoded once, cross keys and values are projected once per
// sentence, and self-attention keeps what it has seen. Several scorers, each in its own thread, may share a model.
#pragma once

#include <memory>

#include "attend/decoding/scorer.h"
#include "attend/models/encoder_decoder.h"

namespace attend {

// Returns the decoder layer whose cross-attention is read as an alignment: the last but one, or the only one. Its
// average over heads comes nearest to word alignments of all layers (Garg et al. 2019, section 4.1).
inline int alignment_layer(int decoder_layers) { return decoder_layers > 1 ? decoder_layers - 2 : 0; }

class TranslationScorer final : public Scorer {
 public:
  explicit TranslationScorer(std::shared_ptr<EncoderDecoder> model);
  std::int64_t vocabulary_size() const override { return model_->vocabularies().target; }
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override;
  StepOutput step(const at::Tensor& tokens) override;
  ForcedOutput force(const at::Tensor& tokens, const at::Tensor& following) override;
  void keep(const at::Tensor& sentence_rows) override;
  void reorder(const at::Tensor& hypothesis_rows) override;

 private:
  // Keeps the weights of one layer, averaged over heads.
  class OneLayer final : public AttentionRecorder {
   public:
    bool wants(int layer, Site site) const override { return layer == layer_ && site == Site::cross_attention; }
    void take(int, Site, const at::Tensor& weights) override { weights_ = weights.mean(1); }
    int layer_ = 0;
    at::Tensor weights_;  // (B, K t, S)
  };
  ForwardContext context();

  std::shared_ptr<EncoderDecoder> model_;
  at::Device device_;
  EncoderDecoder::Memory memory_;
  DecoderState state_;
  bool want_weights_ = false;
  OneLayer recorder_;
};

}  // namespace attend
