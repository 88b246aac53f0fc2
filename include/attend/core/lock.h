// Ensures that only one training uses a directory at a time. The lock is advisory and ends with the process, however
// that ends.
#pragma once

#include <filesystem>

namespace attend {

// Holds flock(2) on DIRECTORY/.lock as long as the object lives. The constructor throws WriteError when another process
// holds the lock.
class LockFile {
 public:
  explicit LockFile(const std::filesystem::path& directory);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace attend
