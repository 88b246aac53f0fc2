#include "moments.h"

#include <torch/types.h>

#include "attend/core/error.h"

namespace attend {

Moments::Moments(std::string name, const std::vector<Segment>& segments) : name_(std::move(name)), segments_(segments) {
  for (const auto& segment : segments_) buffers_.push_back(torch::zeros_like(segment.weights));
}

void Moments::save(StateDict& state) const {
  for (std::size_t i = 0; i < segments_.size(); ++i)
    for (const auto& view : segments_[i].views)
      state.tensors[name_ + "." + view.name] = Segment::view(buffers_[i], view);
}

void Moments::load(const StateDict& state) {
  for (std::size_t i = 0; i < segments_.size(); ++i)
    for (const auto& view : segments_[i].views)
      load_moment(state, name_ + "." + view.name, Segment::view(buffers_[i], view));
}

void load_moment(const StateDict& state, const std::string& name, const at::Tensor& into) {
  const auto found = state.tensors.find(name);
  if (found == state.tensors.end() || found->second.sizes() != into.sizes() || !found->second.is_floating_point())
    throw ModelError("[optimizer] expected a tensor ", name, " of floating-point numbers and shape ", into.sizes(),
                     " in the checkpoint; start over with --fresh");
  into.copy_(found->second);
}

}  // namespace attend
