// SegmentMemory holds what a Transformer-XL remembers from batch to batch, where row r of a batch reads on where row r
// of the batch before ended. A batch comes at once or in parts of neighbouring rows, in order, and all parts read what
// the batch before left. The memory is a value: a copy is a point to come back to.
#pragma once

#include <c10/core/Device.h>

#include "attend/models/language_model.h"
#include "attend/tensor/state_dict.h"

namespace attend {

class SegmentMemory {
 public:
  struct Shape {
    // The rows of a batch, the layers of the model, the most places that are remembered, and D.
    std::int64_t rows, layers, length, d_model;
    at::Device device;
  };
  explicit SegmentMemory(const Shape& shape) : shape_(shape) {}

  // Returns the state from which the next `rows` rows of the batch read on. After they have been read, end() takes that
  // state back.
  DecoderState begin(const LanguageModel& model, std::int64_t rows) const;
  void end(const DecoderState& state);
  // Begins new streams: nothing was read before.
  void forget() { hidden_.clear(); }

  // save() writes one tensor for each layer. load() forgets a memory with another number of rows, as it belongs to
  // other streams, and warns. It throws ModelError for the memory of another model.
  void save(StateDict& state) const;
  void load(const StateDict& state);

 private:
  Shape shape_;
  std::vector<at::Tensor> hidden_;             // (rows, places, D) of each layer; empty: nothing was read
  std::vector<std::vector<at::Tensor>> next_;  // [layer][part]: the new memory of each part of this batch that was read
  std::int64_t done_ = 0;                      // rows of this batch that were read
};

}  // namespace attend
