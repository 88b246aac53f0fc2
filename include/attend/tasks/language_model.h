// Language modelling: text in, cross-entropy of each token given those before it out.
#pragma once

#include "attend/data/block_order.h"
#include "attend/models/language_model.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

// One named validation set: the mean loss of its tokens, each read once in blocks of data.block_size or, with
// validate_batches, of so many batches of random blocks, the same ones each time.
class LanguageValidation {
 public:
  LanguageValidation(const Config& config, std::string name, TokenBlocks blocks, at::Device device);
  Metrics measure(LanguageModel& model) const;

 private:
  std::string name_;
  TokenBlocks blocks_;
  BlockOrder random_;
  std::int64_t rows_, batches_;
  at::Device device_;
};

// All sets of data.validation, read and encoded.
std::vector<LanguageValidation> read_language_sets(const Config& config, const Tokenizers& tokenizers, at::Device device,
                                                   const DataCache& cache = {});

class LanguageModelTask final : public Task {
 public:
  // Reads, checks and encodes all texts.
  LanguageModelTask(const Config& config, const Tokenizers& tokenizers, at::Device device, const DataCache& cache = {});

  std::unique_ptr<BatchStream> train_stream(Cursor start, Shard shard) override;
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override;
  std::vector<Metrics> validate(Model& model) override;

 private:
  TokenBlocks blocks_;
  BlockOrder order_;
  std::vector<LanguageValidation> validation_;
};

}  // namespace attend
