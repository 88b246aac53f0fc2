// A language model as a Scorer: prompts are taken in, padded at the left, and continued a token at a time.
// Legend: B prompts, K hypotheses a prompt.
#pragma once

#include <memory>

#include "attend/decoding/scorer.h"
#include "attend/decoding/text_window.h"
#include "attend/models/language_model.h"

namespace attend {

class LanguageScorer final : public Scorer {
 public:
  // What each token sees is the window's word and a matter of its own text alone, never of its neighbours in the batch.
  LanguageScorer(std::shared_ptr<LanguageModel> model, const TextWindow& window);
  std::int64_t vocabulary_size() const override { return model_->vocabularies().target; }
  bool continues_source() const override { return true; }
  // Sources are prompts of any length.
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override;
  StepOutput step(const at::Tensor& tokens) override;
  void keep(const at::Tensor& sentence_rows) override;
  void reorder(const at::Tensor& hypothesis_rows) override;

 private:
  struct Row {
    std::int64_t length;             // of the text so far
    std::int64_t first;              // of the window the state was made for
    std::vector<std::int64_t> held;  // the tokens in the state; of a model with a memory those of the prompt
  };
  void take_in();
  void read_segments(const at::Tensor& tokens, const at::Tensor& valid);
  void make_room();
  at::Tensor remembered(std::int64_t new_places) const;

  std::shared_ptr<LanguageModel> model_;
  at::Device device_;
  TextWindow window_;
  StateShape shape_;
  DecoderState state_;
  std::vector<Row> rows_;  // one a hypothesis
};

}  // namespace attend
