// The training loop. A run directory holds everything, so the same command goes on where it stopped.
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
  Json data = Json::object();  // the texts for training and validation (data/data_record.h)
};

class Trainer {
 public:
  explicit Trainer(const TrainingParts& parts);
  // Trains until a limit is reached and writes final/. Returns 0, or the number of the signal that stopped it after a
  // checkpoint was saved. Throws DivergedError when the guard may not go back any more.
  int run();

 private:
  // Returns which limit is reached; empty while none is.
  std::string end() const;
  bool done() const { return !end().empty(); }
  bool due(const Period& every) const { return is_due(every, before_, Progress(state_)); }
  double seconds() const;

  void restore();
  // Handles a checkpoint whose run read other data: starts a new epoch for other training text, and forgets the best
  // checkpoint for other validation text.
  void notice_other_data(const Json& before);
  void step();
  // At a point of reporting, goes back to the last good checkpoint if the guard sees a fault (recover.cpp). Returns
  // true if it did.
  bool rolled_back();
  // Warns once when max_epochs or max_minutes will end the training long before the schedule ends; the warning tells
  // the learning rate at that time.
  void look_ahead();
  void set_rate() { update_.schedule().factor = plateau_.factor() * guard_.lr_factor(); }
  void log();
  void log_gradients();
  void validate();
  void validate_late();
  // True when a signal ended the validation of the last update, so that a resumed run must validate first.
  bool owes_validation() const {
    return validates_ && due(training_.validate_every) && state_.validated_step != state_.step;
  }
  void save();
  // Saves a checkpoint. If the disk has no room, warns and returns false; existing files stay, and the training goes on
  // (recover.cpp).
  bool save_if_room();
  // Writes final/. Returns false when a signal ended this before.
  bool finish();

  // Checks that the run directory is as it should be. Forgets the best checkpoint when checkpoints/ was removed.
  void look_at_directory();

  // Returns the weights that a user would get if the training ended now; empty when they are the weights being trained.
  NamedTensors result_weights() const;
  // Validates the model as it is and writes the result. `model` is the entry of MetricsLog; empty on the validate_every
  // grid. Returns true for the best result so far.
  bool measure(const std::string& model);
  // Warns when the last of the averaged checkpoints alone is better than their mean, which the model holds now.
  void compare_with_last(double mean);
  void write_metrics(Json line);

  TrainingParts parts_;
  const TrainingConfig& training_;
  bool validates_;  // there is something to validate on
  TrainingStep update_;
  TrainingState state_;
  Progress before_;  // progress before the last update; periods compare it with the present
  Meters meters_;
  Guard guard_;
  Plateau plateau_;
  std::unique_ptr<BatchStream> stream_;
  std::optional<MetricsLog> metrics_;
  std::optional<std::int64_t> resumed_from_;
  double epoch_part_ = 0;  // share of the present epoch that is done
  double measured_ = 0;    // value of the best_metric in the last validation
  bool looked_ahead_ = false;
  std::int64_t saved_step_ = -1, no_room_step_ = -1;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace attend
