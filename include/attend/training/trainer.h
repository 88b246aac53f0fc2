// The training loop. A run directory holds everything; the same command again goes on where it stopped.
#pragma once

#include <chrono>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/optim/plateau.h"
#include "attend/storage/run_directory.h"
#include "attend/training/guard.h"
#include "attend/training/meters.h"
#include "attend/training/metrics_log.h"
#include "attend/training/state.h"
#include "attend/training/step.h"

namespace attend {

struct TrainingParts {
  const Config& config;
  Task& task;
  Model& model;
  const Tokenizers& tokenizers;
  RunDirectory& directory;
  const Runtime& runtime;
  Json data = Json::object();  // what is trained on and measured on (data/data_record.h)
};

class Trainer {
 public:
  explicit Trainer(const TrainingParts& parts);
  // Trains until a limit is reached and writes final/. Returns 0, or the number of the signal that stopped it (a
  // checkpoint is saved then). DivergedError when the guard has no return left.
  int run();

 private:
  // Which limit is reached; empty while none is.
  std::string end() const;
  bool done() const { return !end().empty(); }
  bool due(const Period& every) const { return is_due(every, before_, Progress(state_)); }
  double seconds() const;

  void restore();
  // Of a checkpoint whose run read other data: a new epoch begins, or the best is looked for anew.
  void notice_other_data(const Json& before);
  void step();
  // Where the guard sees a fault at a point of reporting, goes back to the last good checkpoint (recover.cpp).
  bool rolled_back();
  // Once, where max_epochs or max_minutes will end the training long before the schedule ends: a warning with the rate that it
  // will have then.
  void look_ahead();
  void set_rate() { update_.schedule().factor = plateau_.factor() * guard_.lr_factor(); }
  void log();
  void log_gradients();
  void validate();
  void validate_late();
  // True where a signal ended the validation of the last update, which is then the first thing to do.
  bool owes_validation() const { return validates_ && due(training_.validate_every) && state_.validated_step != state_.step; }
  void save();
  // False, with a warning, where the disk has no room: what is there stays, and the training goes on (recover.cpp).
  bool save_if_room();
  // False where a signal ended it before final/ was written.
  bool finish();

  // Looks whether the run directory is as it should be; forgets the best checkpoint where checkpoints/ was taken away.
  void look_at_directory();

  // Weights that a user would get if the training ended now, where they are not those being trained; else none.
  NamedTensors result_weights() const;
  // Validates the model as it is and writes what comes out; `model` as in MetricsLog, empty on the validate_every grid.
  // True when it is the best so far.
  bool measure(const std::string& model);
  // A warning where the last of the averaged checkpoints alone is better than their mean, which the model holds.
  void compare_with_last(double mean);
  void write_metrics(Json line);

  TrainingParts parts_;
  const TrainingConfig& training_;
  bool validates_;  // there is something to validate on
  TrainingStep update_;
  TrainingState state_;
  Progress before_;  // the last update
  Meters meters_;
  Guard guard_;
  Plateau plateau_;
  std::unique_ptr<BatchStream> stream_;
  std::optional<MetricsLog> metrics_;
  std::optional<std::int64_t> resumed_from_;
  double epoch_part_ = 0;  // of the present epoch
  double measured_ = 0;    // by the last validation, what decides which is best
  bool looked_ahead_ = false;
  std::int64_t saved_step_ = -1, no_room_step_ = -1;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace attend
