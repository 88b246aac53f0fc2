// What the file layer shares: descriptors that close themselves, calls that outlast a signal, regular files alone.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attend/core/error.h"
#include "attend/core/file.h"

namespace attend {

// Repeats a call that a signal has interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

// Opens a regular file for reading and fills its size. O_NONBLOCK: a pipe must not make us wait, it is refused below.
template <class Fault>
int open_regular(const fs::path& path, std::uint64_t& size) {
  const int descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0)
    throw Fault("[", path.string(), "] cannot be opened: ", std::strerror(errno), remedy_of_reading(errno));
  const auto status = status_of_descriptor(descriptor);
  if (status.is_file()) {
    size = status.bytes;
    return descriptor;
  }
  ::close(descriptor);
  throw Fault("[", path.string(), "] expected a regular file, got ", status.what());
}

}  // namespace attend
