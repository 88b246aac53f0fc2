// A directory for files that nobody needs afterwards.
#pragma once

#include <string_view>

#include "attend/core/file.h"

namespace attend {

// A new directory below TMPDIR (or /tmp), which only its owner may open. It is removed with the object. Its random name
// is chosen when it is made, so nobody can have put a link there before. Throws WriteError.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string_view purpose);  // its name is "attend-PURPOSE-" and six characters
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace attend
