// Where a training stands: what a checkpoint remembers besides tensors (state.json).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "attend/config/config.h"
#include "attend/core/json.h"
#include "attend/data/loader.h"

namespace attend {

// The best validation so far.
struct BestValidation {
  std::string metric;  // a name of Metrics: "nll", "bleu", "chrf"
  std::optional<double> value;
  std::int64_t step = 0;   // its update; 0: none yet
  std::int64_t stale = 0;  // validations since
  // Notes a validation; true when it is the best. A value that is no number never is.
  bool add(double value, std::int64_t step);
};

struct TrainingState {
  std::int64_t step = 0;           // updates done
  Cursor cursor;                   // the next batch
  std::int64_t target_tokens = 0;  // trained on so far, padding not counted
  std::int64_t validated_step = 0;
  BestValidation best;
  double wall_seconds = 0;         // of training, over all resumed parts
  double wall_report_seconds = 0;  // the same clock at the last report

  // ModelError when it is not what save() writes, or of another format. What is best by another metric is forgotten,
  // with a warning.
  Json save() const;
  void load(const Json& saved);
};

// What periods count.
struct Progress {
  std::int64_t updates = 0, epochs = 0, target_tokens = 0;
  explicit Progress(const TrainingState& state)
      : updates(state.step), epochs(state.cursor.epoch), target_tokens(state.target_tokens) {}

  // As "before" in state.json: periods that ended with the last update are known by it. Without it nothing ended. ModelError.
  void save(Json& state) const;
  void load(const Json& saved);
};
// True when a period ended after `before` and not after `now`.
bool is_due(const Period& period, const Progress& before, const Progress& now);

// Whether a checkpoint belongs to the save_every grid: those are averaged and rotated; one that was saved because of a
// signal or a best validation is not.
bool is_on_grid(const std::filesystem::path& checkpoint);

// The name in Metrics of what a metric measures.
std::string metric_name(ValidateMetric metric);

}  // namespace attend
