#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/position/alibi.h"
#include "attend/position/learned.h"
#include "attend/position/position.h"
#include "attend/position/relative_shaw.h"
#include "attend/position/relative_t5.h"
#include "attend/position/relative_xl.h"
#include "attend/position/sinusoidal.h"

namespace attend {

std::shared_ptr<InputPositions> make_input_positions(const PositionConfig& config, std::int64_t d_model) {
  if (const auto* sines = config.find<SinusoidalOptions>()) return std::make_shared<Sinusoidal>(sines->layout, d_model);
  if (const auto* table = config.find<LearnedOptions>()) return std::make_shared<Learned>(table->max_length, d_model);
  return nullptr;
}

template <class Shared, class... Arguments>
std::shared_ptr<Shared> StackPositions::shared(const std::string& name, const Arguments&... arguments) {
  if (const auto* found = named_children().find(name)) return std::dynamic_pointer_cast<Shared>(*found);
  return register_module(name, std::make_shared<Shared>(arguments...));
}

// One overload a scheme: a scheme without one does not compile. Those that act on the input do nothing in a layer.
LayerPositions StackPositions::of(const SinusoidalOptions&) { return {}; }
LayerPositions StackPositions::of(const LearnedOptions&) { return {}; }
LayerPositions StackPositions::of(const NoPositionOptions&) { return {}; }
LayerPositions StackPositions::of(const RopeOptions& options) {
  return {std::make_shared<Rotary>(options, shape_.head_size), nullptr, nullptr};
}
LayerPositions StackPositions::of(const AlibiOptions&) {
  return {nullptr, shared<Alibi>("alibi", shape_.heads), nullptr};
}
LayerPositions StackPositions::of(const T5Options& options) {
  const auto name = concat("t5_", options.buckets, "_", options.max_distance);
  return {nullptr, shared<RelativeT5>(name, options, shape_), nullptr};
}
LayerPositions StackPositions::of(const ShawOptions& options) {
  return {nullptr, nullptr, std::make_shared<RelativeShaw>(options, shape_.head_size)};
}
LayerPositions StackPositions::of(const XlOptions& options) {
  return {nullptr, nullptr, std::make_shared<RelativeXl>(options, shape_, shared<XlBiases>("xl", shape_))};
}

LayerPositions StackPositions::of_layer(const PositionConfig& config) {
  return std::visit([&](const auto& options) { return of(options); }, config.options);
}

}  // namespace attend
