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

// Convert 1000 to "step-00001000" and back; checkpoint_step returns nullopt for any other name.
std::string checkpoint_name(std::int64_t step);
std::optional<std::int64_t> checkpoint_step(std::string_view name);

// Returns the directory of a model. A model or checkpoint directory stands for itself. A run directory stands for its
// final/, else its best checkpoint, else its last, else its newest. Throws a ModelError that says what was looked for.
// Only reads, and takes no lock.
fs::path resolve_model_path(const fs::path& model);
// Does the same, but ignores final/.
fs::path resolve_best_checkpoint(const fs::path& run);

// Returns true when `path` is a run, and false when a new run can begin there. Throws ConfigError for a file and for a
// directory with other content, and WriteError when nothing can be written there. Only reads.
bool holds_run(const fs::path& path);
// Returns the newest checkpoint that has a manifest, or nullopt. Does not verify its bytes. Only reads, and takes no
// lock.
std::optional<fs::path> newest_checkpoint(const fs::path& run);

// Returns all checkpoints that have a manifest, oldest first. Does not verify their bytes. Only reads, and takes no
// lock.
std::vector<fs::path> whole_checkpoints(const fs::path& run);

// Which checkpoints rotate() keeps.
struct RotationRule {
  std::int64_t keep = 5;                           // number of newest checkpoints on the grid; less than 2 counts as 2
  std::function<bool(std::int64_t step)> on_grid;  // was saved by save_every; empty: all were
  std::optional<std::int64_t> resumed_from;        // this checkpoint stays too
};

// The directory of a run that is training; holds its lock. Throws WriteError when it is locked or cannot be written.
class RunDirectory {
 public:
  enum class Start {
    resume,  // go on in the existing run
    fresh,   // first move an existing run aside, to run.old-1, run.old-2, ...
  };

  // Makes the directory if it is missing, and removes what an interrupted process left. Throws ConfigError for a
  // directory whose content is not a run.
  explicit RunDirectory(fs::path path, Start start = Start::resume);
  // If this object began a new run, removes what the constructor made and brings back a run that it moved aside. So a
  // run that never began leaves nothing behind.
  void discard();

  const fs::path& path() const { return path_; }
  fs::path final_path() const { return path_ / "final"; }
  fs::path data_path() const { return path_ / "data"; }  // encoded text; may be deleted, because it can be made again
  fs::path checkpoint_path(std::int64_t step) const;
  std::vector<std::int64_t> checkpoints() const;  // steps of the whole checkpoints, ascending

  // Returns the newest checkpoint after checking its every byte. A damaged one is renamed to `step-N.corrupt` with a
  // warning, and the one before it is tried. Returns nullopt when none was ever saved. Throws ModelError when all that
  // were saved are damaged.
  std::optional<std::int64_t> newest_valid();

  void set_best(std::int64_t step) { set_pointer("best.txt", step); }
  void set_last(std::int64_t step) { set_pointer("last.txt", step); }
  std::optional<std::int64_t> best() const;
  std::optional<std::int64_t> last() const;

  // Checks that the run directory is still the one that the run began in. Throws WriteError when it was moved, deleted
  // or replaced. If checkpoints/ is missing, makes an empty one and returns true.
  bool restore_checkpoints();

  // Deletes the checkpoints after `step`, which becomes the last one. Throws WriteError when one of them cannot be
  // deleted.
  void drop_after(std::int64_t step);

  // Deletes checkpoints that the rule does not keep. The best one, the newest two and the one resumed from always stay.
  // A checkpoint off the grid does not count towards `keep`; it is deleted once it is older than all that stay. A
  // failure only causes a warning.
  void rotate(const RotationRule& rule);

 private:
  void set_pointer(const char* name, std::int64_t step);

  fs::path path_;
  fs::path aside_;          // where an earlier run was moved
  bool was_there_ = false;  // the directory existed, but was empty
  bool is_new_ = false;     // there was no run
  std::optional<LockFile> lock_;
  PathStatus place_;  // the directory that holds the lock
};

}  // namespace attend
