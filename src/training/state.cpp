#include "attend/core/error.h"
#include "attend/core/version.h"
#include "attend/storage/manifest.h"
#include "attend/training/trainer.h"

namespace attend {
namespace {

constexpr std::int64_t kStateFormat = 1;

// Counts of a file that somebody may have edited: each is an index or a divisor somewhere.
std::int64_t count_in(const Json& saved, const char* name) {
  constexpr std::int64_t kMost = 9'000'000'000'000'000;
  const auto& value = saved.at(name);
  if (!value.is_number_integer() || value < 0 || value > kMost)
    throw ModelError("[state.json] ", name, ": expected a count, got ", value.dump());
  return value.get<std::int64_t>();
}

double seconds_in(const Json& saved, const char* name) {
  const auto value = saved.at(name).get<double>();
  if (!(value >= 0 && value < 1e12)) throw ModelError("[state.json] ", name, ": expected seconds, got ", saved.at(name).dump());
  return value;
}

}  // namespace

Json TrainingState::save() const {
  Json json = {{"format", kStateFormat}, {"attend", kVersion},
               {"step", step},           {"epoch", cursor.epoch}, {"batch", cursor.index},
               {"best_step", best_step}, {"best_value", nullptr}, {"wall_seconds", wall_seconds},
               {"wall_report_seconds", wall_report_seconds}};
  if (best_value) json["best_value"] = *best_value;
  return json;
}

void TrainingState::load(const Json& saved) {
  try {
    if (const auto format = count_in(saved, "format"); format > kStateFormat)
      throw FutureFormatError("[state.json] expected format ", kStateFormat, ", got ", format, ": a newer version of attend wrote it; update attend");
    step = count_in(saved, "step");
    cursor = {count_in(saved, "epoch"), count_in(saved, "batch")};
    best_step = count_in(saved, "best_step");
    wall_seconds = seconds_in(saved, "wall_seconds");
    wall_report_seconds = seconds_in(saved, "wall_report_seconds");
    if (!saved.at("best_value").is_null()) best_value = saved.at("best_value").get<double>();
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the state of a training, got ", fault.what());
  }
}

}  // namespace attend
