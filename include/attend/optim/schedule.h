// Learning rate at update t = 1, 2, ...; a pure function, so nothing of it is saved. What depends on how the training goes
// is the factor, which belongs to Plateau and Guard.
#pragma once

#include <cstdint>

#include "attend/config/config.h"

namespace attend {

struct Schedule {
  ScheduleConfig config;
  double lr = 0;               // peak; for noam the multiplier
  std::int64_t d_model = 1;    // noam
  std::int64_t max_steps = 0;  // where decay_steps is 0
  double factor = 1.0;         // of the whole curve

  // Linear from warmup_init_lr while t < warmup_steps, then the scheme's own law; never below min_lr after the warm-up.
  double at(std::int64_t t) const;
  // The step with the highest rate.
  std::int64_t peak_step() const;
  // The update that the curve is made for: the end of the decay, or of the warm-up where nothing decays to an end.
  std::int64_t end() const;
};

Schedule schedule_of(const Config& config);

}  // namespace attend
