// Histograms of gradients for TensorBoard.
#pragma once

#include "attend/models/model.h"
#include "attend/training/metrics_log.h"

namespace attend {

// Counts values in TensorFlow's buckets, +-1e-12 * 1.1^k and 0. Each run of empty buckets is joined into one. NaN and
// infinite values are left out.
EventHistogram histogram_of(const at::Tensor& values);  // sync

// Writes a histogram gradient/NAME for each parameter: the gradient left by the last update, divided by its target
// tokens, before clipping.
struct UpdateCounts {
  std::int64_t step = 0, target_tokens = 0;
};
void write_gradient_histograms(const Model& model, const UpdateCounts& update, MetricsLog& log);

}  // namespace attend
