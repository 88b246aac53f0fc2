// Files that are read where they lie.
#pragma once

#include <cstdint>

#include "attend/core/error.h"
#include "attend/core/file.h"

namespace attend {

// The bytes of a regular file, mapped read-only (an empty file has size 0).
class MappedFile {
 public:
  // `fault` is the kind of a file that is missing or no regular one: ExitCode::data (DataError) or model (ModelError).
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

// Handles SIGBUS in the whole process: where a file is shorter than when it was mapped, or its disk does not give the bytes,
// touching them ends the process with a message that names it and the exit code of its kind. For main().
void explain_lost_mappings();

}  // namespace attend
