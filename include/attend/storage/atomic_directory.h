// A directory that appears whole or not at all.
//
//   AtomicDirectory directory(run / "checkpoints/step-00001000", bytes);
//   write_safetensors(directory.file("model.safetensors"), ...);
//   directory.commit();
//
// The files are written into `step-00001000.tmp-<pid>` beside the target. commit() makes them durable, writes
// manifest.json last, and renames the directory. Without commit() the destructor removes the temporary directory, and
// everything is as before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "attend/core/file.h"

namespace attend {

// Suffixes of directories that are being made or removed, and what remove_leftovers() does with them.
inline constexpr std::string_view kTemporarySuffix = ".tmp-";     // unfinished: it is removed
inline constexpr std::string_view kReplacedSuffix = ".replaced";  // the former one: it comes back if no new one came
inline constexpr std::string_view kDeletedSuffix = ".del";        // being deleted: it is removed

// Bytes that stay free besides the files to be written, for logs and for other programs.
inline constexpr std::uint64_t kDiskReserve = 16 << 20;

// Throws WriteError unless `directory` has room for 1.1 x bytes + kDiskReserve.
void require_free_space(const fs::path& directory, std::uint64_t bytes);

class AtomicDirectory {
 public:
  // Makes the parent directory if it is missing. `bytes` is about how much will be written; 0 means unknown, and then
  // the free space is not checked.
  explicit AtomicDirectory(fs::path target, std::uint64_t bytes = 0);
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  const fs::path& path() const { return temporary_; }  // the temporary directory
  const fs::path& target() const { return target_; }
  fs::path file(std::string_view name) const;  // where to write the file with this plain name
  // Puts the directory in place, and replaces an existing target. When it throws WriteError, the target is as before
  // or, if only the last fsync failed, new and whole; it is never in between.
  void commit();

 private:
  fs::path target_, temporary_;
  bool committed_ = false;
};

// Copies a regular file, checked and durable; tokenizers travel with every checkpoint in this way. Throws DataError or
// WriteError.
void copy_file_durably(const fs::path& from, const fs::path& to);

// Removes what an interrupted process left in `directory`. A leftover that cannot be removed causes a warning, never an
// exception.
void remove_leftovers(const fs::path& directory);

}  // namespace attend
