// An encoder-decoder as a Scorer: the source is encoded once, cross keys and values are projected once a sentence, and
// self-attention keeps what it has seen.
#pragma once

#include <memory>

#include "attend/decoding/scorer.h"
#include "attend/models/encoder_decoder.h"

namespace attend {

class ModelScorer final : public Scorer {
 public:
  explicit ModelScorer(std::shared_ptr<EncoderDecoder> model);
  std::int64_t vocabulary_size() const override { return model_->vocabularies().target; }
  void begin(const SourceBatch& batch, std::int64_t max_beams, std::int64_t max_tokens) override;
  StepOutput step(const at::Tensor& tokens) override;
  void keep(const at::Tensor& sentence_rows) override;
  void reorder(const at::Tensor& hypothesis_rows) override;

 private:
  std::shared_ptr<EncoderDecoder> model_;
  at::Device device_;
  EncoderDecoder::Memory memory_;
  DecoderState state_;
};

}  // namespace attend
