// A batch of tensors, and how to split it without changing what is computed.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "attend/data/batching.h"
#include "attend/data/parallel_dataset.h"

namespace attend {

struct Batch {
  std::map<std::string, at::Tensor> tensors;  // translation: source (B, S), target (B, T), labels (B, T), int64; where pairs have weights, weights (B), float32
  std::int64_t rows = 0;
  std::int64_t first_row = 0;  // in the unsplit global batch
  bool starts_streams = false;  // its rows go on in the batches that follow, and nothing came before them
  std::int64_t source_tokens = 0, target_tokens = 0, padded_tokens = 0;  // without padding; with it, both sides

  const at::Tensor& operator[](const std::string& name) const { return tensors.at(name); }
  // Undefined where the batch has none of that name.
  at::Tensor find(const std::string& name) const;
  Batch to(at::Device device) const;
  // Up to `parts` batches of neighbouring rows (as equal as can be), views of this one. first_row goes on, so random draws
  // are the same. Tokens are counted in the whole batch only: those of a part are 0.
  std::vector<Batch> split(std::int64_t parts) const;
};

// source = text + eos; target = bos + text; labels = text + eos; all padded at the right.
Batch make_batch(const ParallelDataset& data, const BatchRows& rows, const SpecialIds& source, const SpecialIds& target);

}  // namespace attend
