// Parameters in memory: one flat float32 buffer a group for weights, one for gradients, and in mixed precision one for
// the low-precision working copies. Parameters become views, so that an update, a norm, a clearing is one pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace attend {

// A parameter's place in its segment.
struct SegmentView {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0, count = 0;
};

struct Segment {
  at::Tensor weights, gradients, working;  // flat; working is undefined in float32
  double lr_scale = 1.0, weight_decay = 0.0;
  std::vector<SegmentView> views;
  // The part of a flat buffer of this segment that belongs to a parameter, in its shape.
  static at::Tensor view(const at::Tensor& flat, const SegmentView& view);
};

struct NamedParameter {
  std::string name;
  at::Tensor tensor;  // the leaf
};

// How a parameter is trained. Parameters under equal rules share a segment.
struct ParameterRule {
  double lr_scale = 1.0, weight_decay = 0.0;
  bool frozen = false;
  bool operator==(const ParameterRule&) const = default;
};

struct SegmentOptions {
  at::ScalarType compute = at::kFloat;
  std::function<ParameterRule(const NamedParameter&)> rule_of;  // empty: the default for all
};

// Moves parameters and their gradients into flat buffers (the leaves keep their identity). Frozen ones stay where they
// are and require no gradient any more.
std::vector<Segment> make_segments(const std::vector<NamedParameter>& parameters, const SegmentOptions& options);

// Rounds the working copies from the weights again, after weights were written from outside.
void refresh_working(std::vector<Segment>& segments);

// The working copy of a leaf, found by its place; undefined where there is none.
at::Tensor working_copy_of(const std::vector<Segment>& segments, const at::Tensor& leaf);

}  // namespace attend
