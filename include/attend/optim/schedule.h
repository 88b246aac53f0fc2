// Gives the learning rate at update t = 1, 2, ... It is a pure function, so nothing of it is saved. What depends on how
// the training goes is the factor, which belongs to Plateau and Guard.
#pragma once

#include <cstdint>

#include "attend/config/config.h"

namespace attend {

struct Schedule {
  ScheduleConfig config;
  double lr = 0;               // peak of the learning rate; for noam the multiplier
  std::int64_t d_model = 1;    // read by noam only
  std::int64_t max_steps = 0;  // end of the decay where decay_steps is 0
  double factor = 1.0;         // multiplies the whole curve

  // Returns the learning rate at update t: linear from warmup_init_lr while t < warmup_steps, then by the scheme's own
  // law. It is never below min_lr after the warm-up.
  double at(std::int64_t t) const;
  // Returns the update with the highest rate.
  std::int64_t peak_step() const;
  // Returns the update that the curve is made for: the end of the decay, or that of the warm-up where nothing decays to
  // an end.
  std::int64_t end() const;
};

Schedule schedule_of(const Config& config);

}  // namespace attend
