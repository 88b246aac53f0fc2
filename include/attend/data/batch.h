// A batch of tensors, and how to split it without changing what is computed.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "attend/data/batching.h"
#include "attend/data/parallel_dataset.h"

namespace attend {

// Rows that a model computes together. A batch of translation has source (B, S), target (B, T) and labels (B, T),
// int64; when pairs have weights, also weights (B), float32. TokenBlocks::batch describes a batch of a language model.
struct Batch {
  std::map<std::string, at::Tensor> tensors;
  std::int64_t rows = 0;
  std::int64_t first_row = 0;   // its place in the unsplit global batch
  bool starts_streams = false;  // the rows continue in the next batches, and nothing came before them
  // The first two counts leave padding out; padded_tokens includes it, on both sides.
  std::int64_t source_tokens = 0, target_tokens = 0, padded_tokens = 0;

  const at::Tensor& operator[](const std::string& name) const { return tensors.at(name); }
  // Returns the tensor of this name, or an undefined one.
  at::Tensor find(const std::string& name) const;
  Batch to(at::Device device) const;
  // Splits into up to `parts` batches of neighbouring rows, as equal as possible, which are views of this one.
  // first_row continues through the parts, so random draws stay the same. Tokens are counted in the whole batch only;
  // in a part the counts are 0.
  std::vector<Batch> split(std::int64_t parts) const;
};

// Makes a batch from lines of `data`: source = text + eos; target = bos + text; labels = text + eos. All are padded on
// the right, labels with kNoLabel.
Batch make_batch(const ParallelDataset& data, const BatchRows& rows, const SpecialIds& source,
                 const SpecialIds& target);

}  // namespace attend
