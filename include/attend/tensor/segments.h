// Lays out parameters in memory. A group of parameters has one flat float32 buffer for its weights, one for its
// gradients and, in mixed precision, one for the low-precision working copies. Parameters become views of them, so that
// an update, a norm or a clearing is one pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace attend {

// A parameter's place in its segment. offset and count are in elements.
struct SegmentView {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0, count = 0;
};

struct Segment {
  at::Tensor weights, gradients, working;  // flat; working is undefined in float32
  double lr_scale = 1.0, weight_decay = 0.0;
  std::vector<SegmentView> views;
  // Returns the part of a flat buffer of this segment that belongs to a parameter, in the parameter's shape.
  static at::Tensor view(const at::Tensor& flat, const SegmentView& view);
};

struct NamedParameter {
  std::string name;
  at::Tensor tensor;  // the leaf that autograd knows
};

// Says how a parameter is trained. Parameters under equal rules share a segment.
struct ParameterRule {
  double lr_scale = 1.0, weight_decay = 0.0;
  bool frozen = false;
  bool operator==(const ParameterRule&) const = default;
};

struct SegmentOptions {
  at::ScalarType compute = at::kFloat;
  std::function<ParameterRule(const NamedParameter&)> rule_of;  // empty: all parameters have the default rule
};

// Moves parameters and their gradients into flat buffers; the leaves keep their identity. Frozen parameters stay where
// they are and no longer require a gradient.
std::vector<Segment> make_segments(const std::vector<NamedParameter>& parameters, const SegmentOptions& options);

// Rounds the working copies from the weights again. It is called after weights were written from outside.
void refresh_working(std::vector<Segment>& segments);

// Returns the working copy of a leaf, found by the leaf's place in memory; undefined where there is none.
at::Tensor working_copy_of(const std::vector<Segment>& segments, const at::Tensor& leaf);

}  // namespace attend
