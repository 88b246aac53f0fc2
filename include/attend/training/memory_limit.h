// How large a batch may be before it is split, learnt from the batches that did not fit. Splitting changes neither masks
// nor the sum of gradients, only the order of additions.
#pragma once

#include <cstdint>

#include "attend/core/json.h"
#include "attend/data/batch.h"

namespace attend {

class MemoryLimit {
 public:
  // Into how many parts a batch is split: 1 until something did not fit.
  std::int64_t parts(const Batch& batch) const;
  // This batch did not fit: it will be split twice as often. OutOfMemoryError when its parts were single rows.
  void lower(const Batch& batch);
  // The entry "largest_batch" of a checkpoint's state; ModelError when it is not what save() writes.
  Json save() const { return largest_; }
  void load(const Json& saved);

 private:
  std::int64_t largest_ = 0;  // tokens of a part, padding included; 0: no limit known
};

}  // namespace attend
