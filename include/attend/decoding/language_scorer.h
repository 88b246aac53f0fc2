// A language model as a Scorer: prompts are taken in by one pass, padded at the left, and continued a token at a time.
// Legend: B prompts, K hypotheses a prompt.
#pragma once

#include <memory>

#include "attend/decoding/scorer.h"
#include "attend/models/language_model.h"

namespace attend {

class LanguageScorer final : public Scorer {
 public:
  // `context`: the tokens that the model sees at most, at least 1. A hypothesis that has as many goes on with the last half
  // of them, taken in anew. When that happens depends on its own tokens alone, never on its neighbours'.
  LanguageScorer(std::shared_ptr<LanguageModel> model, std::int64_t context);
  std::int64_t vocabulary_size() const override { return model_->vocabularies().target; }
  bool continues_source() const override { return true; }
  // Sources are prompts of at most `context` tokens.
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override;
  StepOutput step(const at::Tensor& tokens) override;
  void keep(const at::Tensor& sentence_rows) override;
  void reorder(const at::Tensor& hypothesis_rows) override;

 private:
  void make_room();
  void take_in();

  std::shared_ptr<LanguageModel> model_;
  at::Device device_;
  std::int64_t context_;
  StateShape shape_;
  DecoderState state_;
  std::vector<std::vector<std::int64_t>> seen_;  // of each hypothesis the tokens that the state holds
};

}  // namespace attend
