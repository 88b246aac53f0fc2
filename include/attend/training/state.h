// How far a training has come: everything that a checkpoint remembers besides tensors (state.json).
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
  std::string metric;  // a name in Metrics: "nll", "bleu", "chrf"
  std::optional<double> value;
  std::int64_t step = 0;   // update of the best validation; 0: none yet
  std::int64_t stale = 0;  // validations since then
  // Notes a validation and returns true when it is the best. A NaN or infinite value never is.
  bool add(double value, std::int64_t step);
};

struct TrainingState {
  std::int64_t step = 0;           // updates done
  Cursor cursor;                   // place of the next batch
  std::int64_t target_tokens = 0;  // trained on so far, without padding
  std::int64_t validated_step = 0;
  BestValidation best;
  double wall_seconds = 0;         // training time, including all resumed parts
  double wall_report_seconds = 0;  // the same clock at the last report

  // Save and load the state. load() throws ModelError when the entry is not what save() writes or has another format. A
  // best value of another metric is forgotten, with a warning.
  Json save() const;
  void load(const Json& saved);
};

// The counts that periods are measured in.
struct Progress {
  std::int64_t updates = 0, epochs = 0, target_tokens = 0;
  explicit Progress(const TrainingState& state)
      : updates(state.step), epochs(state.cursor.epoch), target_tokens(state.target_tokens) {}

  // Save and load the entry "before" of state.json. It tells which periods ended with the last update; without it none
  // did. Throws ModelError.
  void save(Json& state) const;
  void load(const Json& saved);
};
// True when a period ended between `before` and `now`, that is with the update that led to `now`.
bool is_due(const Period& period, const Progress& before, const Progress& now);

// True when a checkpoint belongs to the save_every grid. Such checkpoints are averaged and rotated; a checkpoint saved
// because of a signal or a best validation is not.
bool is_on_grid(const std::filesystem::path& checkpoint);

// Returns the name that a metric has in Metrics.
std::string metric_name(ValidateMetric metric);

}  // namespace attend
