// Histograms of gradients for TensorBoard.
#pragma once

#include "attend/models/model.h"
#include "attend/training/metrics_log.h"

namespace attend {

// In TensorFlow's buckets, +-1e-12 * 1.1^k and 0; runs of empty ones are one. Values that are no number are left out.
EventHistogram histogram_of(const at::Tensor& values);  // sync

// What the last update left in the gradients of each parameter, divided by the update's target tokens, before clipping: as
// gradient/NAME.
struct UpdateCounts {
  std::int64_t step = 0, target_tokens = 0;
};
void write_gradient_histograms(const Model& model, const UpdateCounts& update, MetricsLog& log);

}  // namespace attend
