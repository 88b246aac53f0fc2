// Translation: parallel text in, smoothed cross-entropy of the target given the source out.
#pragma once

#include "attend/data/parallel_dataset.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

class TranslationTask final : public Task {
 public:
  // Reads, checks and encodes both corpora.
  TranslationTask(const Config& config, Tokenizers tokenizers, at::Device device);

  std::unique_ptr<BatchStream> train_stream(Cursor start, Shard shard) override;
  std::vector<LossTerm> loss(EncoderDecoder& model, const Batch& batch, ForwardContext& context) override;
  Metrics validate(EncoderDecoder& model) override;

 private:
  DataConfig data_;
  std::uint64_t seed_;
  std::int64_t validate_batches_;
  Tokenizers tokenizers_;
  at::Device device_;
  ParallelDataset train_, validation_;
};

// The tokenizers of a config: loaded from files it names, else trained on its training text.
Tokenizers make_tokenizers(const DataConfig& data);

}  // namespace attend
