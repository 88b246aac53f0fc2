// What a Transformer-XL remembers while batches go by whose row r reads on where row r of the batch before ended. A batch
// comes at once or in parts of neighbouring rows, in order; all parts read what the batch before left. A value: a copy is
// a point to come back to.
#pragma once

#include <c10/core/Device.h>

#include "attend/models/language_model.h"
#include "attend/tensor/state_dict.h"

namespace attend {

class SegmentMemory {
 public:
  struct Shape {
    std::int64_t rows, layers, length, d_model;  // of a batch; of the model; places at most; D
    at::Device device;
  };
  explicit SegmentMemory(const Shape& shape) : shape_(shape) {}

  // The state from which the next `rows` rows of the batch read on; after that they hand it back.
  DecoderState begin(const LanguageModel& model, std::int64_t rows) const;
  void end(const DecoderState& state);
  // New streams: nothing was read before.
  void forget() { hidden_.clear(); }

  // A tensor a layer. Of another number of rows it belongs to other streams and is forgotten, with a warning; of another
  // model: ModelError.
  void save(StateDict& state) const;
  void load(const StateDict& state);

 private:
  Shape shape_;
  std::vector<at::Tensor> hidden_;             // of each layer, (rows, places, D); none: nothing was read
  std::vector<std::vector<at::Tensor>> next_;  // of each layer, what the parts of the batch at hand left
  std::int64_t done_ = 0;                      // rows of that batch
};

}  // namespace attend
