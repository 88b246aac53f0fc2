// Files that are mapped into memory instead of being read.
#pragma once

#include <cstdint>

#include "attend/core/error.h"
#include "attend/core/file.h"

namespace attend {

// The bytes of a regular file, mapped read-only. An empty file has size 0.
class MappedFile {
 public:
  // Throws when the file is missing or not a regular file: DataError if `fault` is ExitCode::data, else ModelError.
  explicit MappedFile(const fs::path& path, ExitCode fault = ExitCode::model);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  const std::uint8_t* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::uint64_t size_ = 0;
};

// Handles SIGBUS in the whole process; main() calls it. Bytes of a mapping are lost when its file has become shorter or
// its disk cannot be read. Touching them then ends the process with a message that names the file, and with the exit
// code that its `fault` says.
void explain_lost_mappings();

}  // namespace attend
