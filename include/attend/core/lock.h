// One training a directory: an advisory lock that ends with the process, whatever ends it.
#pragma once

#include <filesystem>

namespace attend {

// Holds flock(2) on DIRECTORY/.lock while it lives. WriteError when another process holds it.
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
