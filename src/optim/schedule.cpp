#include "attend/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attend {
namespace {

// Share of the way from the end of the warm-up to the end of the decay, in [0, 1].
double progress(const Schedule& schedule, std::int64_t t) {
  const auto span = static_cast<double>(schedule.end() - schedule.config.warmup_steps);
  if (span <= 0) return 1.0;
  return std::clamp(static_cast<double>(t - schedule.config.warmup_steps) / span, 0.0, 1.0);
}

double decayed(const Schedule& schedule, std::int64_t t) {
  const auto& config = schedule.config;
  const double step = static_cast<double>(t),
               warmup = static_cast<double>(std::max<std::int64_t>(config.warmup_steps, 1));
  const double above = schedule.lr - config.min_lr;
  switch (config.type()) {
    case ScheduleType::inverse_sqrt: return schedule.lr * std::sqrt(warmup / step);
    case ScheduleType::noam: return schedule.lr / std::sqrt(static_cast<double>(schedule.d_model)) / std::sqrt(step);
    case ScheduleType::cosine:
      return config.min_lr + above * 0.5 * (1.0 + std::cos(std::numbers::pi * progress(schedule, t)));
    case ScheduleType::linear: return config.min_lr + above * (1.0 - progress(schedule, t));
    case ScheduleType::constant:
    case ScheduleType::plateau: return schedule.lr;
  }
  return schedule.lr;
}

}  // namespace

double Schedule::at(std::int64_t t) const {
  if (t < config.warmup_steps) {
    const double share = static_cast<double>(t) / static_cast<double>(config.warmup_steps);
    const double peak = config.type() == ScheduleType::noam ? decayed(*this, config.warmup_steps) : lr;
    return factor * (config.warmup_init_lr + share * (peak - config.warmup_init_lr));
  }
  return std::max(factor * decayed(*this, std::max<std::int64_t>(t, 1)), config.min_lr);
}

std::int64_t Schedule::peak_step() const { return std::max<std::int64_t>(config.warmup_steps, 1); }

std::int64_t Schedule::end() const {
  if (!config.decays()) return config.warmup_steps;
  return config.decay_steps() > 0 ? config.decay_steps() : max_steps;
}

Schedule schedule_of(const Config& config) {
  return {config.training.schedule, config.training.optimizer.lr, config.model.d_model, config.training.max_steps};
}

}  // namespace attend
