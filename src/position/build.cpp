#include <torch/types.h>

#include "attend/position/learned.h"
#include "attend/position/position.h"
#include "attend/position/sinusoidal.h"

namespace attend {

PositionPlan make_positions(const PositionConfig& config, std::int64_t d_model) {
  switch (config.type) {
    case PositionType::sinusoidal: return {std::make_shared<Sinusoidal>(config.layout, d_model)};
    case PositionType::learned: return {std::make_shared<Learned>(config.max_length, d_model)};
    case PositionType::none: return {};
  }
  TORCH_CHECK(false, "unreachable position type");
}

}  // namespace attend
