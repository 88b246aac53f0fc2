// Sinusoidal positions (Vaswani et al. 2017, section 3.5).
//   halves:      PE(p) = [sin(p w_0) .. sin(p w_{D/2-1}), cos(p w_0) .. cos(p w_{D/2-1})]     w_i = 10000^(-2i/D)
//   interleaved: PE(p) = [sin(p w_0), cos(p w_0), sin(p w_1), ...]
// Cost: a table of (length, D), grown by doubling. Limits: D even; any length.
#include "attend/position/sinusoidal.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <cmath>

namespace attend {

at::Tensor sinusoids(const at::Tensor& positions, std::int64_t d_model, SinusoidLayout layout) {
  // In double, as the angle of a late position loses digits in float.
  const auto pair = torch::arange(0, d_model, 2, torch::kFloat64);
  const auto frequency = torch::exp(pair * (-std::log(10000.0) / static_cast<double>(d_model)));
  const auto angles = positions.to(torch::kFloat64).unsqueeze(1) * frequency;            // (L, D/2)
  const auto both = torch::stack({angles.sin(), angles.cos()}, /*dim=*/1);               // (L, 2, D/2)
  const auto laid = layout == SinusoidLayout::halves ? both : both.transpose(1, 2);
  return laid.reshape({positions.size(0), d_model});
}

Sinusoidal::Sinusoidal(SinusoidLayout layout, std::int64_t d_model) : layout_(layout), d_model_(d_model) {
  // A buffer, so that it follows the model to another device or dtype; it is never saved.
  table_ = register_buffer("table", torch::zeros({0, d_model}));
}

at::Tensor Sinusoidal::table(std::int64_t length) const {
  const std::lock_guard lock(growing_);
  if (table_.size(0) < length) {
    std::int64_t capacity = std::max<std::int64_t>(256, table_.size(0));
    while (capacity < length) capacity *= 2;
    const c10::InferenceMode off(false);  // what translating makes here, training uses
    table_.set_data(sinusoids(torch::arange(capacity), d_model_, layout_).to(table_.options()));
  }
  return table_.alias();  // set_data by another thread changes table_ itself
}

at::Tensor Sinusoidal::rows(std::int64_t first, std::int64_t length) const {
  return table(first + length).narrow(0, first, length);
}

at::Tensor Sinusoidal::rows_at(const at::Tensor& positions) const {
  const auto rows = table(positions.numel() == 0 ? 0 : positions.max().item<std::int64_t>() + 1);  // sync
  return rows.index_select(0, positions.reshape({-1})).view({positions.size(0), positions.size(1), d_model_});
}

}  // namespace attend
