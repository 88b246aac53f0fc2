// The schedule plateau: the learning rate falls by a factor after each `patience` validations in a row without a better
// best_metric. A patience of 0 counts as 1.
#pragma once

#include "attend/config/config.h"
#include "attend/core/json.h"

namespace attend {

class Plateau {
 public:
  explicit Plateau(const ScheduleConfig& config) : config_(config) {}
  // Takes the result of a validation. It has no effect under another schedule.
  void observe(bool better);
  // Returns what the learning rate is multiplied by: 1, factor, factor^2, ...
  double factor() const { return factor_; }
  // save() writes and load() reads the entry "plateau" of state.json. load() throws ModelError for what save() does not
  // write.
  void save(Json& state) const;
  void load(const Json& state);

 private:
  ScheduleConfig config_;
  double factor_ = 1.0;
  std::int64_t waited_ = 0;  // validations since the last better one, or since the rate fell
};

}  // namespace attend
