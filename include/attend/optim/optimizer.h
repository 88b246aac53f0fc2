// Optimizers work on segments. Gradients arrive as sums; `gradient_scale` turns them into clipped means on the way, so
// that nothing is passed over twice.
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
  // Updates weights and working copies. `step` counts from 1. gradient_scale is a float32 scalar; where it is not a
  // finite number, nothing changes.
  virtual void step(std::int64_t step, double lr, const at::Tensor& gradient_scale) = 0;
  // Adds the moments to `state`, by parameter name.
  virtual void save(StateDict& state) const = 0;
  // Reads the moments. ModelError when a tensor is missing or of another shape.
  virtual void load(const StateDict& state) = 0;
};

// Returns the optimizer that the config names. It keeps a reference to the segments.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, std::vector<Segment>& segments);

// Returns the norm over all segments as a float32 scalar, without a synchronisation.
at::Tensor gradient_norm(const std::vector<Segment>& segments);

}  // namespace attend
