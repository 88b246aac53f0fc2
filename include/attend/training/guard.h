// Notices a training that diverges. Updates whose loss or gradient norm is no number are skipped by the step itself; the
// guard counts them. It asks for a return to an earlier checkpoint after max_skipped of them in a row, or when the loss rises
// and stays up.
//
//   it rises     the mean loss of the last ten updates is above the mean of the window before them by more than sigma standard
//                deviations (of single updates, at least a hundredth of the mean; from a hundred updates on, or a full window
//                if that is shorter)
//   it stays up  in the fifty updates after that (half a window, if that is shorter) the mean of ten never gives back a fifth
//                of the rise
//
// A text that changes, and a spike, make the loss rise as well; but then it falls again, because the model learns.
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
  // measured_on: what losses depend on beside the weights. Losses measured on something else say nothing of these.
  explicit Guard(const GuardConfig& config, std::string measured_on = "") : config_(config), measured_on_(std::move(measured_on)) {}

  // Notes an update. Nothing is synchronised.
  void add(const UpdateResult& update);

  // Why the training should go back; empty while it is well. sync
  const std::string& fault();
  // Whether a checkpoint of this moment is one to go back to: nothing skipped last, no rise, the loss within half of sigma. sync
  bool calm();

  // Returns to earlier checkpoints so far; each halves the learning rate.
  std::int64_t rollbacks() const { return rollbacks_; }
  double lr_factor() const;
  // After a return: the state is that of the checkpoint, and this the count.
  void set_rollbacks(std::int64_t count) { rollbacks_ = count; }

  // The entry "guard" of state.json; ModelError when it is not what save() writes.
  void save(Json& state);  // sync
  void load(const Json& state);
  // Whether the checkpoint with this state was calm.
  static bool was_calm(const Json& state);

 private:
  void look();
  void take(double loss, bool applied);
  // After a rise: ends it where the loss falls again.
  void watch();
  // Standard deviations from the window's mean to that of the last updates; 0 while there is too little to say.
  double excess() const;

  GuardConfig config_;
  std::string measured_on_;
  std::vector<at::Tensor> unseen_;  // each {loss a token, applied}
  std::deque<double> recent_, window_;
  struct Rise {
    double from, sigmas, peak;  // the window's mean, and how far above it the loss is at most
    std::int64_t updates;       // since it began
  };
  std::optional<Rise> rise_;
  std::int64_t skipped_in_row_ = 0, rollbacks_ = 0;
  std::string fault_;
};

// The keys with another value than their default that make losses incomparable (Resume::incomparable).
std::string keys_of_losses(const Config& config);

}  // namespace attend
