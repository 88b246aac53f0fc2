#include "attend/core/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attend/core/error.h"
#include "attend/core/file.h"

namespace attend {

LockFile::LockFile(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / ".lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor_ < 0) cannot_write(path, errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(descriptor_);
  if (reason == EWOULDBLOCK)
    throw WriteError("[", directory.string(), "] another training holds this directory; wait for it, stop it, or "
                     "choose another output");
  throw WriteError("[", path.string(), "] cannot be locked: ", std::strerror(reason));
}

// The file stays: removing it would let two processes hold locks on two files of one name.
LockFile::~LockFile() { ::close(descriptor_); }

}  // namespace attend
