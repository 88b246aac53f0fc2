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
  if (config.type == PositionType::sinusoidal) return std::make_shared<Sinusoidal>(config.layout, d_model);
  if (config.type == PositionType::learned) return std::make_shared<Learned>(config.max_length, d_model);
  return nullptr;
}

template <class Shared, class... Arguments>
std::shared_ptr<Shared> StackPositions::shared(const std::string& name, const Arguments&... arguments) {
  if (const auto* found = named_children().find(name)) return std::dynamic_pointer_cast<Shared>(*found);
  return register_module(name, std::make_shared<Shared>(arguments...));
}

LayerPositions StackPositions::of_layer(const PositionConfig& config) {
  switch (config.type.value()) {
    case PositionType::sinusoidal:
    case PositionType::learned:
    case PositionType::none: return {};
    case PositionType::rope: return {std::make_shared<Rotary>(config, shape_.head_size), nullptr, nullptr};
    case PositionType::alibi: return {nullptr, shared<Alibi>("alibi", shape_.heads), nullptr};
    case PositionType::relative_t5: {
      const auto name = concat("t5_", config.buckets, "_", config.max_distance);
      return {nullptr, shared<RelativeT5>(name, config, shape_), nullptr};
    }
    case PositionType::relative_shaw:
      return {nullptr, nullptr, std::make_shared<RelativeShaw>(config, shape_.head_size)};
    case PositionType::relative_xl:
      return {nullptr, nullptr, std::make_shared<RelativeXl>(config, shape_, shared<XlBiases>("xl", shape_))};
  }
  TORCH_CHECK(false, "unreachable position type");
}

}  // namespace attend
