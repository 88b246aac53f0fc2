#include "attend/training/state.h"

#include <cmath>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/version.h"
#include "attend/storage/manifest.h"

namespace attend {
namespace {

constexpr std::int64_t kStateFormat = 2;

std::int64_t periods_in(const Period& period, const Progress& progress) {
  switch (period.unit) {
    case PeriodUnit::updates: return progress.updates / period.count;
    case PeriodUnit::epochs: return progress.epochs / period.count;
    case PeriodUnit::target_tokens: return progress.target_tokens / period.count;
  }
  return 0;
}

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
  if (!(value >= 0 && value < 1e12))
    throw ModelError("[state.json] ", name, ": expected seconds, got ", saved.at(name).dump());
  return value;
}

void check_format(const Json& saved) {
  const auto format = saved.contains("format") ? count_in(saved, "format") : 0;
  if (format == kStateFormat) return;
  const bool older = format < kStateFormat;
  throw OtherFormatError("[state.json] expected format ", kStateFormat, ", got ", format, ": ",
                         older ? "an older" : "a newer", " version of attend wrote this checkpoint; ",
                         older ? "train with that one, or start over with --fresh" : "update attend");
}

}  // namespace

bool BestValidation::add(double measured, std::int64_t at) {
  const bool lower_is_better = metric == metric_name(ValidateMetric::loss);
  const bool better = std::isfinite(measured) && (!value || (lower_is_better ? measured < *value : measured > *value));
  ++stale;
  if (!better) return false;
  value = measured;
  step = at;
  stale = 0;
  return true;
}

Json TrainingState::save() const {
  Json json = {{"format", kStateFormat},
               {"attend", kVersion},
               {"step", step},
               {"epoch", cursor.epoch},
               {"pool", cursor.pool},
               {"batch", cursor.index},
               {"target_tokens", target_tokens},
               {"validated_step", validated_step},
               {"best", {{"metric", best.metric}, {"value", nullptr}, {"step", best.step}, {"stale", best.stale}}},
               {"wall_seconds", wall_seconds},
               {"wall_report_seconds", wall_report_seconds}};
  if (best.value) json["best"]["value"] = *best.value;
  return json;
}

void TrainingState::load(const Json& saved) {
  try {
    check_format(saved);
    step = count_in(saved, "step");
    cursor = {count_in(saved, "epoch"), count_in(saved, "pool"), count_in(saved, "batch")};
    target_tokens = count_in(saved, "target_tokens");
    validated_step = count_in(saved, "validated_step");
    wall_seconds = seconds_in(saved, "wall_seconds");
    wall_report_seconds = seconds_in(saved, "wall_report_seconds");
    const auto& saved_best = saved.at("best");
    const auto metric = saved_best.at("metric").get<std::string>();
    if (metric.empty()) return;  // nothing was measured so far
    if (metric != best.metric && !best.metric.empty()) {
      log_warning("the best validation was decided by ", metric, ", from now on by ", best.metric,
                  ": it is looked for anew");
      return;
    }
    best = {metric, std::nullopt, count_in(saved_best, "step"), count_in(saved_best, "stale")};
    if (!saved_best.at("value").is_null()) best.value = saved_best.at("value").get<double>();
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the state of a training, got ", fault.what());
  }
}

void Progress::save(Json& state) const {
  state["before"] = {{"updates", updates}, {"epochs", epochs}, {"target_tokens", target_tokens}};
}

void Progress::load(const Json& saved) {
  if (!saved.contains("before")) return;
  try {
    const auto& before = saved["before"];
    updates = count_in(before, "updates");
    epochs = count_in(before, "epochs");
    target_tokens = count_in(before, "target_tokens");
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] before: expected what was done, got ", fault.what());
  }
}

bool is_due(const Period& period, const Progress& before, const Progress& now) {
  return periods_in(period, now) > periods_in(period, before);
}

bool is_on_grid(const std::filesystem::path& checkpoint) {
  try {
    const auto state = read_json(listed_file(checkpoint, "state.json"));
    return state.is_object() && state.contains("on_grid") && state["on_grid"] == true;
  } catch (const Error& error) {
    log_warning(error.what(), "; this checkpoint is passed over");
    return false;
  }
}

std::string metric_name(ValidateMetric metric) {
  // "loss" as a metric is the plain negative log-likelihood: smoothing must not decide what is best.
  return metric == ValidateMetric::loss ? "nll" : std::string(name_of(metric));
}

}  // namespace attend
