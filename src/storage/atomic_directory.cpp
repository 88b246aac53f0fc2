#include "attend/storage/atomic_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/mapped_file.h"
#include "attend/storage/manifest.h"

namespace attend {

namespace {

constexpr std::uint64_t kCopyBlock = 1 << 20;

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

fs::path with_suffix(const fs::path& path, std::string_view suffix) { return fs::path(path.string().append(suffix)); }

void remove_or_warn(const fs::path& path) {
  std::error_code fault;
  fs::remove_all(path, fault);
  if (fault) log_warning("[", path.string(), "] cannot be removed: ", fault.message(), "; remove it by hand");
}

// The former target waits under another name until the new one stands, so one of the two is always there.
void replace_directory(const fs::path& temporary, const fs::path& target) {
  const auto former = with_suffix(target, kReplacedSuffix);
  remove_or_warn(former);
  try {
    rename_path(target, former);
    rename_path(temporary, target);
  } catch (...) {
    std::error_code ignored;
    if (!status_of_link(target).exists())
      fs::rename(former, target, ignored);
    else
      remove_or_warn(former);
    throw;
  }
  remove_or_warn(former);
}

// NAME.tmp-PID or .NAME.tmp-PID-N, as AtomicDirectory and write_file_atomically make them: a user's "letter.tmp-final"
// is none.
bool is_temporary(std::string_view name) {
  const auto at = name.rfind(kTemporarySuffix);
  if (at == std::string_view::npos) return false;
  const auto number = name.substr(at + kTemporarySuffix.size());
  return !number.empty() && number.find_first_not_of("0123456789-") == std::string_view::npos;
}

bool is_deleted(std::string_view name) { return name.starts_with("step-") && name.ends_with(kDeletedSuffix); }

void clear_leftover(const fs::path& path) {
  const auto name = path.filename().string();
  if (name.ends_with(kReplacedSuffix)) {
    const auto target = parent_of(path) / name.substr(0, name.size() - kReplacedSuffix.size());
    if (status_of_link(target).is_nothing()) {
      log_warning("[", target.string(), "] its replacement was interrupted; the former one is back");
      rename_path(path, target);
      return;
    }
  } else if (!is_temporary(name) && !is_deleted(name)) {
    return;
  }
  remove_or_warn(path);
}

}  // namespace

void require_free_space(const fs::path& directory, std::uint64_t bytes) {
  const auto needed = bytes + bytes / 10 + kDiskReserve;
  const auto available = free_bytes(directory);
  if (available < needed)
    throw NoSpaceError("[", directory.string(), "] expected ", needed >> 20, " MiB of free space, got ",
                       available >> 20, " MiB; free some; a lower training.keep_checkpoints keeps fewer checkpoints");
}

AtomicDirectory::AtomicDirectory(fs::path target, std::uint64_t bytes)
    : target_(std::move(target)), temporary_(with_suffix(target_, concat(kTemporarySuffix, ::getpid()))) {
  make_directories(parent_of(target_));
  if (bytes > 0) require_free_space(parent_of(target_), bytes);
  remove_or_warn(temporary_);
  if (::mkdir(temporary_.c_str(), 0777) != 0)
    cannot_write(temporary_, errno);  // never what stands there, or a link points to
}

AtomicDirectory::~AtomicDirectory() {
  if (!committed_) remove_or_warn(temporary_);
}

fs::path AtomicDirectory::file(std::string_view name) const {
  if (!is_plain_name(name)) throw ModelError("[", target_.string(), "] expected a plain file name, got \"", name, "\"");
  return temporary_ / name;
}

void AtomicDirectory::commit() {
  std::error_code fault;
  for (const auto& name : names_in(temporary_, fault)) sync_file(temporary_ / name);
  if (fault) cannot_write(temporary_, fault.value());
  write_manifest(temporary_);  // refuses anything but regular files, and is durable itself
  if (status_of_link(target_).exists())
    replace_directory(temporary_, target_);
  else
    rename_path(temporary_, target_);
  committed_ = true;
}

void copy_file_durably(const fs::path& from, const fs::path& to) {
  const MappedFile source(from);
  OutputFile copy(to);
  for (std::uint64_t at = 0; at < source.size(); at += kCopyBlock)
    copy.write(source.data() + at, std::min(kCopyBlock, source.size() - at));
  copy.close();
}

void remove_leftovers(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& name : names_in(directory, ignored)) {
    try {
      clear_leftover(directory / name);
    } catch (const std::exception& error) {
      log_warning(error.what());
    }
  }
}

}  // namespace attend
