#include "attend/core/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "attend/core/error.h"
#include "attend/core/log.h"

namespace attend {

TemporaryDirectory::TemporaryDirectory(std::string_view purpose) {
  const char* given = std::getenv("TMPDIR");
  const fs::path place = given != nullptr && *given != '\0' ? given : "/tmp";
  std::string name = (place / concat("attend-", purpose, "-", std::string(6, 'X'))).string();
  if (::mkdtemp(name.data()) == nullptr)
    throw WriteError("[", place.string(), "] no temporary directory can be made in it: ", std::strerror(errno),
                     "; set TMPDIR to a place that can be written");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code fault;
  fs::remove_all(path_, fault);
  if (fault) log_warning("[", path_.string(), "] cannot be removed: ", fault.message(), "; remove it by hand");
}

}  // namespace attend
