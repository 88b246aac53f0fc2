// Learns how large a batch may be before it must be split, from the batches that did not fit into memory. Splitting
// changes neither masks nor the sum of gradients, only the order of additions.
#pragma once

#include <cstdint>

#include "attend/core/json.h"
#include "attend/data/batch.h"

namespace attend {

class MemoryLimit {
 public:
  // Returns into how many parts a batch is split; 1 until a batch did not fit.
  std::int64_t parts(const Batch& batch) const;
  // Notes that this batch did not fit, and halves the size of its parts. Throws OutOfMemoryError when the parts were
  // single rows already.
  void lower(const Batch& batch);
  // Save and load the entry "largest_batch" of a checkpoint's state. load() throws ModelError when the entry is not
  // what save() writes.
  Json save() const { return largest_; }
  void load(const Json& saved);

 private:
  std::int64_t largest_ = 0;  // tokens of a part, padding included; 0: no limit known
};

}  // namespace attend
