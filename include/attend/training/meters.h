// What happened since the last line of metrics. Sums stay on the device until somebody looks; they are saved with a
// checkpoint, so that a resumed run writes the same lines.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>

#include "attend/core/json.h"
#include "attend/data/batch.h"
#include "attend/tensor/forward_context.h"

namespace attend {

class Meters {
 public:
  // terms: those of one batch; the first two are the smoothed loss and the plain NLL.
  void add(const std::vector<LossTerm>& terms, const Batch& batch);
  void add_gradient_norm(const at::Tensor& norm);

  struct Report {
    double loss = 0, nll = 0, gradient_norm = 0, padding_ratio = 0;
    std::int64_t source_tokens = 0, target_tokens = 0;
  };
  Report report() const;  // sync
  void reset() { *this = Meters(); }

  // The entry "meters" of state.json; ModelError when it is not what save() writes.
  void save(Json& state) const;  // sync
  void load(const Json& state);

 private:
  at::Tensor loss_, nll_, count_, norms_;  // float64 scalars
  std::int64_t updates_ = 0, source_tokens_ = 0, target_tokens_ = 0, padded_tokens_ = 0;
};

}  // namespace attend
