// Optimizers see segments. Gradients arrive as sums; `gradient_scale` turns them into clipped means on the way, so that
// nothing is passed over twice.
#pragma once

#include <memory>
#include <vector>

#include "attend/config/config.h"
#include "attend/tensor/segments.h"
#include "attend/tensor/state_dict.h"

namespace attend {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Updates weights and working copies. step counts from 1. gradient_scale: float32 scalar; where it is no finite number,
  // nothing changes.
  virtual void step(std::int64_t step, double lr, const at::Tensor& gradient_scale) = 0;
  // Moments by parameter name.
  virtual void save(StateDict& state) const = 0;
  // ModelError when a tensor is missing or of another shape.
  virtual void load(const StateDict& state) = 0;
};

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, std::vector<Segment>& segments);

// Norm over all segments, as a float32 scalar (no synchronisation).
at::Tensor gradient_norm(const std::vector<Segment>& segments);

}  // namespace attend
