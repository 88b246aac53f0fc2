// The directory of a training run, and what MODEL means on the command line.
//
//   run/  checkpoints/step-00001000/   whole directories (manifest.h), made by AtomicDirectory
//         final/                       the model a user wants at the end
//         best.txt  last.txt           name a checkpoint; hints only, never links
//         data/                        encoded text (data/pair_cache.h)
//         config.yaml  log.txt  metrics.jsonl  ...
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attend/core/file.h"
#include "attend/core/lock.h"
#include "attend/storage/atomic_directory.h"

namespace attend {

// "step-00001000" <-> 1000
std::string checkpoint_name(std::int64_t step);
std::optional<std::int64_t> checkpoint_step(std::string_view name);

// A model directory or a checkpoint directory is itself; a run directory is its final/, else its best
// checkpoint, else its last, else its newest. ModelError says what was looked for. Reads only; takes no lock.
fs::path resolve_model_path(const fs::path& model);
// The same without final/.
fs::path resolve_best_checkpoint(const fs::path& run);

// True where a run is there, false where one can begin; ConfigError for a file and for a directory with content that
// is no run's, WriteError where nothing can be written. Reads only.
bool holds_run(const fs::path& path);
// The newest whole checkpoint, its bytes not looked at. Reads only; takes no lock.
std::optional<fs::path> newest_checkpoint(const fs::path& run);

// The whole checkpoints of a run, oldest first, their bytes not looked at. Reads only; takes no lock.
std::vector<fs::path> whole_checkpoints(const fs::path& run);

struct RotationRule {
  std::int64_t keep = 5;                           // newest ones on the grid; fewer than 2 count as 2
  std::function<bool(std::int64_t step)> on_grid;  // saved by save_every; empty: every one
  std::optional<std::int64_t> resumed_from;        // stays
};

// Holds the lock of a run while it trains. WriteError: locked or not writable.
class RunDirectory {
 public:
  enum class Start {
    resume,  // go on in a run that is there
    fresh,   // move it aside first: run.old-1, run.old-2, ...
  };

  // Makes the directory where it is missing, and clears what an interrupted process left. ConfigError for a
  // directory with content that is no run's.
  explicit RunDirectory(fs::path path, Start start = Start::resume);
  // Undoes what the constructor made where no run was there before: a run that never began leaves nothing, and one that
  // was moved aside comes back.
  void discard();

  const fs::path& path() const { return path_; }
  fs::path final_path() const { return path_ / "final"; }
  fs::path data_path() const { return path_ / "data"; }  // encoded text; may be deleted, it is made again
  fs::path checkpoint_path(std::int64_t step) const;
  std::vector<std::int64_t> checkpoints() const;  // steps of the whole ones, ascending

  // The newest checkpoint whose every byte is as written. One that is not becomes `step-N.corrupt`, with a
  // warning. nullopt: none was ever saved. ModelError: there were some, and none is left.
  std::optional<std::int64_t> newest_valid();

  void set_best(std::int64_t step) { set_pointer("best.txt", step); }
  void set_last(std::int64_t step) { set_pointer("last.txt", step); }
  std::optional<std::int64_t> best() const;
  std::optional<std::int64_t> last() const;

  // Looks whether the run is still where it began; WriteError where it was moved, deleted or replaced. True where checkpoints/
  // was gone: it is there again, empty.
  bool restore_checkpoints();

  // Deletes the checkpoints after `step`, which is the last one now. WriteError: one of them cannot be deleted.
  void drop_after(std::int64_t step);

  // Deletes what the rule does not keep. The best, the newest two and the one resumed from always stay; a
  // checkpoint off the grid takes no place and goes when it is older than all that stay. A fault is a
  // warning.
  void rotate(const RotationRule& rule);

 private:
  void set_pointer(const char* name, std::int64_t step);

  fs::path path_;
  fs::path aside_;         // where a former run was moved
  bool was_there_ = false;  // the directory, empty
  bool is_new_ = false;     // no run was there
  std::optional<LockFile> lock_;
  PathStatus place_;  // the directory that the lock is in
};

}  // namespace attend
