// What a training does about faults: a full disk, at which it goes on without saving, and a loss that diverges, from
// which it returns to the last good checkpoint with half the learning rate.
#include <algorithm>
#include <optional>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/manifest.h"
#include "attend/training/trainer.h"

namespace attend {
namespace {

bool is_good(const fs::path& checkpoint) {
  try {
    verify_manifest(checkpoint);
    return Guard::was_calm(read_json(listed_file(checkpoint, "state.json")));
  } catch (const Error& error) {
    log_warning(error.what(), "; this checkpoint is passed over");
    return false;
  }
}

// The newest checkpoint that is whole and that the guard was content with.
std::optional<std::int64_t> last_good(const RunDirectory& directory) {
  const auto steps = directory.checkpoints();
  const auto good =
      std::find_if(steps.rbegin(), steps.rend(), [&](auto step) { return is_good(directory.checkpoint_path(step)); });
  return good == steps.rend() ? std::nullopt : std::optional(*good);
}

}  // namespace

bool Trainer::save_if_room() {
  if (no_room_step_ == state_.step) return false;
  try {
    save();
    return true;
  } catch (const NoSpaceError& error) {
    no_room_step_ = state_.step;
    finish_progress();
    log_warning(error.what(), "; update ", format_count(state_.step), " is not saved, and the training goes on");
    return false;
  }
}

bool Trainer::rolled_back() {
  const bool reporting =
      due(training_.log_every) || due(training_.validate_every) || due(training_.save_every) || done();
  if (!reporting || guard_.fault().empty()) return false;
  const auto fault = concat("at update ", format_count(state_.step), ": ", guard_.fault());
  const auto good = last_good(parts_.directory);
  const auto rollbacks = guard_.rollbacks() + 1;
  finish_progress();
  if (rollbacks > training_.guard.rollbacks || !good)
    throw DivergedError("[training] expected a loss that falls, got one that diverges ", fault,
                        good ? "" : "; no good checkpoint is there to go back to", "; ", guard_.rollbacks(), " of ",
                        training_.guard.rollbacks,
                        " rollbacks are used; lower training.optimizer.lr or lengthen schedule.warmup_steps");
  log_warning(fault, "; back to update ", format_count(*good), " with half the learning rate");

  const double clock = seconds();
  metrics_->close();
  parts_.directory.drop_after(*good);
  restore();
  state_.wall_seconds = clock;
  guard_.set_rollbacks(rollbacks);
  set_rate();
  return true;
}

}  // namespace attend
