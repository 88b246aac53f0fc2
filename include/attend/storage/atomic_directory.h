// A directory that appears whole or not at all.
//
//   AtomicDirectory directory(run / "checkpoints/step-00001000", bytes);
//   write_safetensors(directory.file("model.safetensors"), ...);
//   directory.commit();
//
// The files are written into `step-00001000.tmp-<pid>` beside the target. commit() makes them durable, writes
// manifest.json last, and renames. Without commit() the destructor removes the
// temporary and all is as before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "attend/core/file.h"

namespace attend {

// Suffixes of directories on their way in or out; remove_leftovers() knows what each one means.
inline constexpr std::string_view kTemporarySuffix = ".tmp-";     // unfinished: removed
inline constexpr std::string_view kReplacedSuffix = ".replaced";  // the former one: back if no new one came
inline constexpr std::string_view kDeletedSuffix = ".del";        // being deleted: removed

// Kept free beyond what is to be written, for logs and for the neighbours.
inline constexpr std::uint64_t kDiskReserve = 16 << 20;

// WriteError unless `directory` has room for 1.1 x bytes + kDiskReserve.
void require_free_space(const fs::path& directory, std::uint64_t bytes);

class AtomicDirectory {
 public:
  // Makes the parent where it is missing. `bytes`: what will be written, about; 0: not known, not checked.
  explicit AtomicDirectory(fs::path target, std::uint64_t bytes = 0);
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  const fs::path& path() const { return temporary_; }  // the temporary
  const fs::path& target() const { return target_; }
  fs::path file(std::string_view name) const;  // where to write the file of this plain name
  // Replaces a target that is there. WriteError: the target is as before, or (when only the last fsync
  // failed) new and whole; never in between.
  void commit();

 private:
  fs::path target_, temporary_;
  bool committed_ = false;
};

// Copies a regular file, checked and durable: tokenizers travel with every checkpoint. DataError, WriteError.
void copy_file_durably(const fs::path& from, const fs::path& to);

// Clears what an interrupted process left in `directory`. Never throws for a leftover: it warns.
void remove_leftovers(const fs::path& directory);

}  // namespace attend
