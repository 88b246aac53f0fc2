// What happened since the last line of metrics. Sums stay on the device until somebody looks; they are saved with a
// checkpoint, so that a resumed run writes the same lines.
#pragma once

#include <ATen/core/Tensor.h>

#include "attend/core/json.h"
#include "attend/training/step.h"

namespace attend {

class Meters {
 public:
  // An update that was skipped counts as such, and its tokens; its loss and norm do not.
  void add(const UpdateResult& update, const std::vector<Batch>& batches);

  struct Report {
    double loss = 0, nll = 0, gradient_norm = 0, padding_ratio = 0;  // loss, nll: NaN where every update was skipped
    std::int64_t source_tokens = 0, target_tokens = 0, skipped = 0;
  };
  Report report() const;  // sync
  void reset() { *this = Meters(); }

  // The entry "meters" of state.json; ModelError when it is not what save() writes.
  void save(Json& state) const;  // sync
  void load(const Json& state);

 private:
  at::Tensor sums_;  // float64: loss, nll, count, norm, applied updates
  std::int64_t updates_ = 0, source_tokens_ = 0, target_tokens_ = 0, padded_tokens_ = 0;
};

}  // namespace attend
