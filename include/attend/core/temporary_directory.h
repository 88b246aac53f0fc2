// Room for files that nobody needs afterwards.
#pragma once

#include <string_view>

#include "attend/core/file.h"

namespace attend {

// A new directory below TMPDIR (else /tmp), open to its owner alone and gone with its object. Its name is made up where it is
// made, so that nobody can have put a link there before. WriteError.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string_view purpose);  // "attend-PURPOSE-" and six characters
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace attend
