#include "attend/training/ema.h"

#include <torch/types.h>

#include <algorithm>

#include "attend/core/error.h"

namespace attend {

Ema::Ema(double decay, std::vector<Segment>& segments) : decay_(decay), segments_(segments) {
  if (!on()) return;
  for (const auto& segment : segments_) shadows_.push_back(segment.weights.clone());
}

double Ema::decay_at(double decay, std::int64_t step) {
  const auto t = static_cast<double>(step);
  return std::min(decay, (1 + t) / (10 + t));
}

void Ema::update(std::int64_t step) {
  const torch::NoGradGuard no_grad;
  const double fresh = 1 - decay_at(decay_, step);
  for (std::size_t i = 0; i < shadows_.size(); ++i) shadows_[i].lerp_(segments_[i].weights, fresh);
}

void Ema::save(StateDict& state) const {
  for (std::size_t i = 0; i < shadows_.size(); ++i)
    for (const auto& view : segments_[i].views) state.tensors[view.name] = Segment::view(shadows_[i], view);
}

void Ema::load(const StateDict& state) {
  for (std::size_t i = 0; i < shadows_.size(); ++i)
    for (const auto& view : segments_[i].views) {
      const auto found = state.tensors.find(view.name);
      if (found == state.tensors.end() || found->second.sizes() != at::IntArrayRef(view.shape) ||
          !found->second.is_floating_point())
        throw ModelError("[ema.safetensors] expected an average ", view.name, " of floating-point numbers and shape ",
                         at::IntArrayRef(view.shape), "; start over with --fresh");
      Segment::view(shadows_[i], view).copy_(found->second);
    }
}

void Ema::exchange() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < shadows_.size(); ++i) {
    const auto kept = segments_[i].weights.clone();
    segments_[i].weights.copy_(shadows_[i]);
    shadows_[i].copy_(kept);
  }
  if (on()) refresh_working(segments_);
}

}  // namespace attend
