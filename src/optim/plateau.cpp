#include "attend/optim/plateau.h"

#include <algorithm>

#include "attend/core/error.h"

namespace attend {

void Plateau::observe(bool better) {
  const auto* plateau = config_.find<PlateauOptions>();
  if (!plateau) return;
  waited_ = better ? 0 : waited_ + 1;
  if (waited_ < std::max<std::int64_t>(plateau->patience, 1)) return;
  factor_ *= plateau->factor;
  waited_ = 0;
}

void Plateau::save(Json& state) const { state["plateau"] = {{"factor", factor_}, {"waited", waited_}}; }

void Plateau::load(const Json& state) {
  try {
    factor_ = state.at("plateau").at("factor").get<double>();
    waited_ = state.at("plateau").at("waited").get<std::int64_t>();
    if (!(factor_ >= 0 && factor_ <= 1) || waited_ < 0)
      throw ModelError("[state.json] plateau: expected a factor in [0, 1] and a count, got ",
                       state.at("plateau").dump());
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the state of schedule plateau, got ", fault.what());
  }
}

}  // namespace attend
