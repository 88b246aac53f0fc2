#include "attend/storage/run_directory.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>

#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/manifest.h"

namespace attend {

namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kCorruptSuffix = ".corrupt";

// Trailing slashes would make "run/.old-1" out of "run/".
fs::path without_slash(fs::path path) {
  path = path.lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::error_code ignored;
  return attend::names_in(directory, ignored);
}

// Somebody else's directory may hold a folder "checkpoints"; ours holds the lock as well, or nothing else yet, or was
// copied without hidden files and says what its last checkpoint is.
bool is_run(const fs::path& path) {
  if (!status_of(path / "checkpoints").is_directory()) return false;
  return status_of(path / ".lock").is_file() || status_of(path / "last.txt").is_file() || names_in(path).size() == 1;
}

void require_type(const fs::path& path, fs::file_type type) {
  const auto status = status_of_link(path);
  if (status.is_link())
    throw WriteError("[", path.string(),
                     "] expected no link in a run, got one; put the thing itself there, or choose another output");
  if (status.exists() && status.type != type)
    throw WriteError("[", path.string(), "] expected ",
                     type == fs::file_type::directory ? "a directory" : "a regular file", " in a run, got ",
                     status.what(), "; move it away, or choose another output");
}

// What a link in a run names would be written or cleared as if it stood in the run, and a pipe would be waited for.
void require_own_things(const fs::path& run) {
  for (const auto& name : {"checkpoints", "final", "data"}) require_type(run / name, fs::file_type::directory);
  for (const auto& name : {"config.yaml", "log.txt", "metrics.jsonl", "best.txt", "last.txt", ".lock"})
    require_type(run / name, fs::file_type::regular);
}

std::vector<std::int64_t> checkpoints_in(const fs::path& run) {
  std::vector<std::int64_t> steps;
  for (const auto& name : names_in(run / "checkpoints"))
    if (const auto step = checkpoint_step(name); step && has_manifest(run / "checkpoints" / name))
      steps.push_back(*step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

// What best.txt or last.txt says, if it names a checkpoint that is there.
std::optional<std::int64_t> pointer_in(const fs::path& run, const char* name) {
  if (!status_of_link(run / name).is_file()) return std::nullopt;
  std::string text;
  try {
    text = read_file(run / name, kMaxPointerBytes);
  } catch (const Error& error) {
    log_warning(error.what());
    return std::nullopt;
  }
  const auto step = checkpoint_step(trim(text));
  if (step && has_manifest(run / "checkpoints" / checkpoint_name(*step))) return step;
  log_warning("[", (run / name).string(), "] expected the name of a checkpoint, got none that is there; passed over");
  return std::nullopt;
}

std::optional<fs::path> best_checkpoint(const fs::path& run) {
  auto step = pointer_in(run, "best.txt");
  if (!step) step = pointer_in(run, "last.txt");
  if (const auto steps = checkpoints_in(run); !step && !steps.empty()) step = steps.back();
  if (!step) return std::nullopt;
  return run / "checkpoints" / checkpoint_name(*step);
}

// The first of path.SUFFIX, path.SUFFIX-1, ... that is free; `first` is the number that is tried first.
fs::path free_name(const fs::path& path, std::string_view suffix, int first) {
  for (int i = first;; ++i) {
    const fs::path name(i == 0 ? concat(path.string(), suffix) : concat(path.string(), suffix, "-", i));
    const auto status = status_of_link(name);
    if (status.is_nothing()) return name;
    if (!status.exists()) cannot_write(name, status.reason);
  }
}

void refuse_foreign(const fs::path& path) {
  const auto status = status_of(path);
  if (!status.exists()) return;
  if (!status.is_directory())
    throw ConfigError("[output] expected a directory, got the file ", path.string(), "; choose another output");
  const auto names = names_in(path);
  if (names.empty() || (is_run(path) && !has_manifest(path))) return;
  throw ConfigError("[output] expected an empty directory or a run of attend, got ", path.string(), " with \"",
                    names.front(), "\" in it; choose another output");
}

void set_corrupt_aside(const fs::path& checkpoint, const Error& error) {
  const auto aside = free_name(checkpoint, kCorruptSuffix, 0);
  log_warning(error.what());
  rename_path(checkpoint, aside);
  log_warning("[", checkpoint.string(), "] is damaged and now called ", aside.filename().string(),
              "; falling back to the one before");
}

std::set<std::int64_t> steps_that_stay(const std::vector<std::int64_t>& steps, const RotationRule& rule) {
  std::set<std::int64_t> stay(steps.end() - std::min<std::ptrdiff_t>(2, std::ssize(steps)), steps.end());
  const auto keep = std::max<std::int64_t>(2, rule.keep);
  std::int64_t kept = 0;
  for (auto step = steps.rbegin(); step != steps.rend() && kept < keep; ++step) {
    const bool on_grid = !rule.on_grid || rule.on_grid(*step);
    kept += on_grid ? 1 : 0;
    stay.insert(*step);  // one off the grid stays among younger ones of the grid
  }
  return stay;
}

// At once out of sight, whatever happens while its files go.
void delete_checkpoint(const fs::path& path) {
  const auto doomed = fs::path(path.string().append(kDeletedSuffix));
  rename_path(path, doomed);
  remove_tree(doomed);
}

}  // namespace

std::string checkpoint_name(std::int64_t step) {
  char text[32];
  std::snprintf(text, sizeof text, "step-%08lld", static_cast<long long>(step));
  return text;
}

std::optional<std::int64_t> checkpoint_step(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const auto step = parse_int(name.substr(kPrefix.size()));
  // The way back tells "step-1" and "step--0000001" from names that we write.
  if (!step || *step < 0 || checkpoint_name(*step) != name) return std::nullopt;
  return step;
}

fs::path resolve_best_checkpoint(const fs::path& run) {
  if (has_manifest(run)) return run;
  if (const auto checkpoint = best_checkpoint(run)) return *checkpoint;
  if (status_of(run / "model.safetensors").exists())
    throw ModelError("[", (run / "manifest.json").string(), "] expected this file beside the model, got none; ",
                     "its writing was cut short, or a copy lost it");
  const auto status = status_of(run);
  throw ModelError("[", run.string(), "] expected a model, a checkpoint or a run with a checkpoint, got ",
                   status.is_directory() ? "a directory with none of them"
                   : status.is_nothing() ? "no directory"
                                         : status.what(),
                   "; check the path, or train first");
}

fs::path resolve_model_path(const fs::path& model) {
  if (!has_manifest(model) && has_manifest(model / "final")) return model / "final";
  return resolve_best_checkpoint(model);
}

bool holds_run(const fs::path& path) {
  refuse_foreign(without_slash(path));
  require_writable(without_slash(path));
  return is_run(without_slash(path));
}

std::vector<fs::path> whole_checkpoints(const fs::path& run) {
  std::vector<fs::path> paths;
  for (const auto step : checkpoints_in(run)) paths.push_back(run / "checkpoints" / checkpoint_name(step));
  return paths;
}

std::optional<fs::path> newest_checkpoint(const fs::path& run) {
  const auto steps = checkpoints_in(run);
  if (steps.empty()) return std::nullopt;
  return run / "checkpoints" / checkpoint_name(steps.back());
}

RunDirectory::RunDirectory(fs::path path, Start start) : path_(without_slash(std::move(path))) {
  refuse_foreign(path_);
  if (start == Start::fresh && is_run(path_)) {
    const LockFile unused(path_);  // nobody trains in what is moved
    aside_ = free_name(path_, ".old", 1);
    rename_path(path_, aside_);
    log_info("the former run is now ", aside_.string());
  }
  is_new_ = !is_run(path_);
  was_there_ = status_of(path_).is_directory();
  try {
    require_own_things(path_);
    make_directories(path_ / "checkpoints");
    lock_.emplace(path_);
    place_ = status_of(path_);
  } catch (...) {
    discard();
    throw;
  }
  for (const auto& place : {path_, path_ / "checkpoints", data_path()}) remove_leftovers(place);
}

void RunDirectory::discard() {
  if (!is_new_) return;
  std::error_code ignored;
  for (const auto& part : {path_ / "checkpoints", data_path(), path_ / "log.txt", path_ / ".lock"})
    fs::remove_all(part, ignored);
  if (!was_there_) fs::remove(path_, ignored);  // not with content of others
  if (aside_.empty()) return;
  std::error_code fault;
  fs::rename(aside_, path_, fault);
  if (fault)
    log_warning("[", aside_.string(), "] holds the former run, which cannot be moved back to ", path_.string(), ": ",
                fault.message());
  else
    log_info("the former run is back in ", path_.string());
}

fs::path RunDirectory::checkpoint_path(std::int64_t step) const {
  return path_ / "checkpoints" / checkpoint_name(step);
}

std::vector<std::int64_t> RunDirectory::checkpoints() const { return checkpoints_in(path_); }

std::optional<std::int64_t> RunDirectory::best() const { return pointer_in(path_, "best.txt"); }
std::optional<std::int64_t> RunDirectory::last() const { return pointer_in(path_, "last.txt"); }

void RunDirectory::set_pointer(const char* name, std::int64_t step) {
  write_file_atomically(path_ / name, checkpoint_name(step) + "\n");
}

std::optional<std::int64_t> RunDirectory::newest_valid() {
  std::vector<std::int64_t> steps;
  bool had_some = false;
  for (const auto& name : names_in(path_ / "checkpoints")) {
    const auto step = checkpoint_step(name);
    if (step) steps.push_back(*step);
    had_some |= step || name.find(kCorruptSuffix) != std::string::npos;
  }
  if (!had_some) return std::nullopt;
  std::sort(steps.rbegin(), steps.rend());
  for (const auto step : steps) {
    try {
      verify_manifest(checkpoint_path(step));
      return step;
    } catch (const OtherFormatError&) {
      throw;  // whole, but not for us
    } catch (const Error& error) {
      set_corrupt_aside(checkpoint_path(step), error);
    }
  }
  throw ModelError("[", (path_ / "checkpoints").string(),
                   "] expected a checkpoint to resume from, got damaged ones only; start again with --fresh");
}

bool RunDirectory::restore_checkpoints() {
  if (!status_of(path_).is_same_as(place_))
    throw WriteError("[", path_.string(), "] expected the directory that this training began in, got ",
                     status_of(path_).is_nothing() ? "nothing" : "another",
                     ": it was moved or deleted; what a moved one holds can be gone on with");
  const auto checkpoints = path_ / "checkpoints";
  if (status_of_link(checkpoints).exists()) return false;
  log_warning(
      "[", checkpoints.string(),
      "] was moved or deleted while the training went on: it is made anew, and older checkpoints count no more");
  make_directories(checkpoints);
  return true;
}

void RunDirectory::drop_after(std::int64_t step) {
  set_last(step);
  for (const auto later : checkpoints())
    if (later > step) delete_checkpoint(checkpoint_path(later));
}

void RunDirectory::rotate(const RotationRule& rule) {
  const auto steps = checkpoints();
  auto stay = steps_that_stay(steps, rule);
  for (const auto& step : {best(), last(), rule.resumed_from})
    if (step) stay.insert(*step);
  for (const auto step : steps) {
    if (stay.contains(step)) continue;
    try {
      delete_checkpoint(checkpoint_path(step));
    } catch (const std::exception& error) {
      log_warning("an old checkpoint stays: ", error.what());
    }
  }
}

}  // namespace attend
