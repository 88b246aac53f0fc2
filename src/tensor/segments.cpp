#include "attend/tensor/segments.h"

#include <torch/types.h>

namespace attend {
namespace {

// Every view starts on a cache line.
constexpr std::int64_t kAlign = 16;

Segment make_segment(const std::vector<NamedParameter>& members, const ParameterRule& rule, at::ScalarType compute) {
  Segment segment;
  segment.lr_scale = rule.lr_scale;
  segment.weight_decay = rule.weight_decay;
  std::int64_t size = 0;
  for (const auto& parameter : members) {
    segment.views.push_back({parameter.name, parameter.tensor.sizes().vec(), size, parameter.tensor.numel()});
    size += (parameter.tensor.numel() + kAlign - 1) / kAlign * kAlign;
  }
  const auto options = members.front().tensor.options().requires_grad(false);
  segment.weights = torch::zeros({size}, options);
  segment.gradients = torch::zeros({size}, options);
  if (compute != options.dtype().toScalarType() && compute != at::kFloat)
    segment.working = torch::zeros({size}, options.dtype(compute));
  for (std::size_t i = 0; i < members.size(); ++i) {
    at::Tensor leaf = members[i].tensor;
    const auto weight = Segment::view(segment.weights, segment.views[i]);
    weight.copy_(leaf.detach());
    leaf.set_data(weight);
    leaf.mutable_grad() = Segment::view(segment.gradients, segment.views[i]);
  }
  return segment;
}

}  // namespace

at::Tensor Segment::view(const at::Tensor& flat, const SegmentView& view) {
  return flat.narrow(0, view.offset, view.count).view(view.shape);
}

std::vector<Segment> make_segments(const std::vector<NamedParameter>& parameters, const SegmentOptions& options) {
  torch::NoGradGuard no_grad;
  std::vector<std::pair<ParameterRule, std::vector<NamedParameter>>> groups;
  for (const auto& parameter : parameters) {
    const ParameterRule rule = options.rule_of ? options.rule_of(parameter) : ParameterRule{};
    at::Tensor leaf = parameter.tensor;
    if (rule.frozen) {
      leaf.set_requires_grad(false);
      continue;
    }
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == rule; });
    if (group == groups.end()) group = groups.insert(groups.end(), {rule, {}});
    group->second.push_back(parameter);
  }
  std::vector<Segment> segments;
  for (const auto& [rule, members] : groups) segments.push_back(make_segment(members, rule, options.compute));
  refresh_working(segments);
  return segments;
}

void refresh_working(std::vector<Segment>& segments) {
  torch::NoGradGuard no_grad;
  for (auto& segment : segments)
    if (segment.working.defined()) segment.working.copy_(segment.weights);
}

at::Tensor working_copy_of(const std::vector<Segment>& segments, const at::Tensor& leaf) {
  for (const auto& segment : segments) {
    if (!segment.working.defined()) continue;
    for (const auto& view : segment.views)
      if (static_cast<const char*>(segment.weights.data_ptr()) +
              view.offset * static_cast<std::int64_t>(segment.weights.element_size()) ==
          leaf.data_ptr())
        return Segment::view(segment.working, view);
  }
  return {};
}

}  // namespace attend
