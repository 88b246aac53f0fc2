// Language modelling: text goes in, the cross-entropy of each token given those before it comes out.
#pragma once

#include <optional>

#include "attend/data/block_order.h"
#include "attend/data/language_corpora.h"
#include "attend/models/language_model.h"
#include "attend/tasks/segment_memory.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

// One named validation set. It measures the mean loss of its tokens and, for text that is read whole, bits per byte:
// the negative log-probability of the tokens to base 2, divided by the bytes of the text. Both are counted as attend
// score counts them: starts and ends of documents are left out, and so are first tokens that no start symbol precedes,
// with their bytes.
//
// Each token is read once in blocks of data.block_size or, with validate_batches, in so many batches of random blocks,
// the same ones each time. A model with a memory reads each text in streams (TokenBlocks::whole_batch), as many as a
// batch has rows, and each stream begins with an empty memory. Random blocks and rows of packed documents are read
// without a memory.
class LanguageValidation {
 public:
  LanguageValidation(const Config& config, std::string name, TokenBlocks blocks, at::Device device);
  Metrics measure(LanguageModel& model) const;

 private:
  std::string name_;
  double label_smoothing_;
  TokenBlocks blocks_;
  BlockOrder random_;
  // True where a memory may go on from batch to batch: blocks are neither random nor of several documents.
  bool streams_;
  std::int64_t rows_, batches_;
  at::Device device_;
};

// Reads and encodes all sets of data.validation.
std::vector<LanguageValidation> read_language_sets(const Config& config, const Tokenizers& tokenizers,
                                                   at::Device device);

class LanguageModelTask final : public Task {
 public:
  // Reads, checks and encodes all texts.
  LanguageModelTask(const Config& config, const Tokenizers& tokenizers, at::Device device, const DataCache& cache = {});

  std::unique_ptr<BatchStream> train_stream(Cursor start) override;
  void begin_update(bool again) override;
  bool remembers() const override { return memory_.has_value(); }
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override;
  std::vector<Metrics> validate(Model& model) override;
  void save(StateDict& state) const override;
  void load(const StateDict& state) override;

 private:
  LanguageModelTask(const Config& config, LanguageCorpora corpora, const BlockShape& shape, at::Device device);
  Batch batch(std::int64_t epoch, std::int64_t index) const;

  double label_smoothing_;
  TokenBlocks blocks_;
  BlockOrder order_;
  std::vector<LanguageValidation> validation_;
  // With model.memory_length: the memory, and what it was after the last update.
  std::optional<SegmentMemory> memory_, before_;
};

}  // namespace attend
