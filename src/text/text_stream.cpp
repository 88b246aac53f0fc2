#include "text_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "attend/core/error.h"
#include "attend/core/file.h"

namespace attend {
namespace {

constexpr std::size_t kRawBytes = 1 << 16;
constexpr int kPauseMilliseconds = 50;

int open_for_reading(const std::filesystem::path& path, const std::string& name) {
  if (path == "-") return STDIN_FILENO;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw DataError("[", name, "] expected a readable text file, got: ", std::strerror(errno),
                    remedy_of_reading(errno));
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    throw DataError("[", name, "] expected a text file, got a directory; name a file in it");
  }
  return descriptor;
}

}  // namespace

TextStream::TextStream(const std::filesystem::path& path)
    : name_(path == "-" ? "stdin" : path.string()), descriptor_(open_for_reading(path, name_)) {}

TextStream::~TextStream() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

std::size_t TextStream::read(char* out, std::size_t room) {
  if (!started_) look_at_start();
  if (!gzip_ && waiting_.empty()) return read_raw(out, room);
  if (!gzip_) {
    const auto taken = waiting_.copy(out, room);
    waiting_.remove_prefix(taken);
    return taken;
  }
  for (;;) {
    if (const auto made = gzip_->unpack(waiting_, out, room); made > 0) return made;
    raw_.resize(kRawBytes);
    waiting_ = {raw_.data(), read_raw(raw_.data(), raw_.size())};
    if (!waiting_.empty()) continue;
    gzip_->finish();
    return 0;
  }
}

// What gzip holds back inside may come out without another read.
bool TextStream::more_is_waiting() const {
  if (!waiting_.empty()) return true;
  pollfd waiting{descriptor_, POLLIN, 0};
  return ::poll(&waiting, 1, kPauseMilliseconds) != 0;  // a hang-up counts: read() then tells
}

std::size_t TextStream::read_raw(char* out, std::size_t room) {
  ssize_t got;
  do {
    got = ::read(descriptor_, out, room);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw DataError("[", name_, "] cannot read: ", std::strerror(errno));
  return static_cast<std::size_t>(got);
}

void TextStream::look_at_start() {
  started_ = true;
  raw_.resize(kRawBytes);
  std::size_t size = read_raw(raw_.data(), raw_.size());
  if (size == 1 && raw_[0] == '\x1F') size += read_raw(raw_.data() + 1, raw_.size() - 1);
  waiting_ = {raw_.data(), size};
  if (is_gzip(waiting_)) gzip_ = std::make_unique<GzipReader>(name_);
}

}  // namespace attend
