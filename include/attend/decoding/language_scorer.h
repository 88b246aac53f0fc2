// Makes a Scorer of a language model. Prompts are taken in, padded at the left, and continued a token at a time.
// Legend: B prompts, K hypotheses a prompt.
#pragma once

#include <memory>

#include "attend/decoding/scorer.h"
#include "attend/decoding/text_window.h"
#include "attend/models/language_model.h"

namespace attend {

class LanguageScorer final : public Scorer {
 public:
  // `window` says what each token sees. This depends on its own text alone, never on its neighbours in the batch.
  LanguageScorer(std::shared_ptr<LanguageModel> model, const TextWindow& window);
  std::int64_t vocabulary_size() const override { return model_->vocabularies().target; }
  bool continues_source() const override { return true; }
  // Takes in prompts of any length as sources. Interrupted (core/interrupt.h) where a signal asks for the end.
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override;
  StepOutput step(const at::Tensor& tokens) override;
  void keep(const at::Tensor& sentence_rows) override;
  void reorder(const at::Tensor& hypothesis_rows) override;

 private:
  struct Row {
    std::int64_t length;  // tokens of the text so far
    std::int64_t first;   // first() of the window for which the state was made
    // The tokens in the state; for a model with a memory, those of the prompt until they are taken in.
    std::vector<std::int64_t> held;
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
  std::vector<Row> rows_;  // one for each hypothesis
};

}  // namespace attend
