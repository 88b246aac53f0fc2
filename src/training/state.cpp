#include "attend/core/error.h"
#include "attend/training/trainer.h"

namespace attend {

Json TrainingState::save() const {
  Json json = {{"step", step},           {"epoch", cursor.epoch}, {"batch", cursor.index},
               {"best_step", best_step}, {"best_value", nullptr}, {"wall_seconds", wall_seconds},
               {"wall_report_seconds", wall_report_seconds}};
  if (best_value) json["best_value"] = *best_value;
  return json;
}

void TrainingState::load(const Json& saved) {
  try {
    step = saved.at("step").get<std::int64_t>();
    cursor = {saved.at("epoch").get<std::int64_t>(), saved.at("batch").get<std::int64_t>()};
    best_step = saved.at("best_step").get<std::int64_t>();
    wall_seconds = saved.at("wall_seconds").get<double>();
    wall_report_seconds = saved.at("wall_report_seconds").get<double>();
    if (!saved.at("best_value").is_null()) best_value = saved.at("best_value").get<double>();
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the state of a training, got ", fault.what());
  }
}

}  // namespace attend
