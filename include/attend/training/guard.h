// Detects a training that diverges. The step itself skips updates whose loss or gradient norm is NaN or infinite; the
// guard counts them. It asks for a return to an earlier checkpoint after max_skipped of them in a row, or when the loss
// rises and stays up.
//
//   it rises     the mean loss of the last ten updates exceeds the mean of the window before them by more than sigma
//                standard deviations (those of single updates, at least a hundredth of the mean); this is tested once
//                the window has a hundred updates, or is full if it is shorter
//   it stays up  in the fifty updates after that (half a window, if that is shorter) the mean of ten never gives back a
//                fifth of the rise
//
// New text and single spikes make the loss rise as well, but then it falls again, because the model learns.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attend/config/config.h"
#include "attend/training/step.h"

namespace attend {

class Guard {
 public:
  // `measured_on` says what losses depend on besides the weights. Stored losses that were measured on something else
  // are not compared with new ones.
  explicit Guard(const GuardConfig& config, std::string measured_on = "")
      : config_(config), measured_on_(std::move(measured_on)) {}

  // Notes an update, without synchronising with the device.
  void add(const UpdateResult& update);

  // Returns why the training should go back; empty when all is well. sync
  const std::string& fault();
  // True when a checkpoint made now is a good one to go back to: the last update was not skipped, the loss is not
  // rising, and it is at most half of sigma above the mean. sync
  bool calm();

  // The number of returns to earlier checkpoints so far. Each one halves the learning rate.
  std::int64_t rollbacks() const { return rollbacks_; }
  double lr_factor() const;
  // Call this after a return, when the state comes from the checkpoint and only the count must be kept.
  void set_rollbacks(std::int64_t count) { rollbacks_ = count; }

  // Save and load the entry "guard" of state.json. load() throws ModelError when the entry is not what save() writes.
  void save(Json& state);  // sync
  void load(const Json& state);
  // True when the checkpoint with this state was calm.
  static bool was_calm(const Json& state);

 private:
  void look();
  void take(double loss, bool applied);
  // During a rise: ends it when the loss falls again.
  void watch();
  // Returns how many standard deviations the mean of the last updates is above the window's mean; 0 while there are too
  // few updates.
  double excess() const;

  GuardConfig config_;
  std::string measured_on_;
  std::vector<at::Tensor> unseen_;  // one {loss per token, applied} for each update
  std::deque<double> recent_, window_;
  struct Rise {
    double from, sigmas, peak;  // mean of the window; largest excess; largest mean loss
    std::int64_t updates;       // number of updates since it began
  };
  std::optional<Rise> rise_;
  std::int64_t skipped_in_row_ = 0, rollbacks_ = 0;
  std::string fault_;
};

// Returns the keys that make losses incomparable (Resume::incomparable) and differ from their defaults, with their
// values.
std::string keys_of_losses(const Config& config);

}  // namespace attend
