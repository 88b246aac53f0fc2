// Translation: parallel text goes in, the smoothed cross-entropy of the target given the source comes out.
#pragma once

#include "attend/data/corpora.h"
#include "attend/data/pair_mixture.h"
#include "attend/tasks/task.h"
#include "attend/tasks/translation_validation.h"
#include "attend/tensor/runtime.h"

namespace attend {

class TranslationTask final : public Task {
 public:
  // Reads, checks and encodes all corpora.
  TranslationTask(const Config& config, Tokenizers tokenizers, at::Device device, const DataCache& cache = {});

  std::unique_ptr<BatchStream> train_stream(Cursor start) override;
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override;
  std::vector<Metrics> validate(Model& model) override;

 private:
  double label_smoothing_;
  Tokenizers tokenizers_;
  PairMixture train_;
  std::vector<TranslationValidation> validation_;
};

}  // namespace attend
