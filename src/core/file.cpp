#include "attend/core/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/file_fault.h"

namespace attend {
namespace {

// Linux moves at most 0x7ffff000 bytes a call.
constexpr std::uint64_t kLargestTransfer = 1 << 30;

// What a user can do about an errno; empty where the reason says all.
std::string_view remedy(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT: return "; free some space or write elsewhere";
    case EROFS: return "; write elsewhere";
    case EACCES:
    case EPERM: return "; change its permissions or write elsewhere";
    case ENOENT: return "; does its directory exist?";
    case ENOTDIR: return "; a file stands where a directory is needed";
    case EFBIG: return "; raise the limit on file sizes (ulimit -f)";
    case EMFILE: return "; raise the limit on open files (ulimit -n)";
    default: return "";
  }
}

std::string_view remedy_of_reading(int reason) {
  switch (reason) {
    case ENOENT: return "; check the path";
    case EACCES:
    case EPERM: return "; change its permissions";
    default: return "";
  }
}

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
  const int descriptor =
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0) throw Fault("[", path.string(), "] cannot be opened: ", std::strerror(errno), remedy_of_reading(errno));
  struct stat status {};
  const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  if (regular) {
    size = static_cast<std::uint64_t>(status.st_size);
    return descriptor;
  }
  ::close(descriptor);
  throw Fault("[", path.string(), "] expected a regular file, got ", S_ISDIR(status.st_mode) ? "a directory" : "something else");
}

// What a test wants of an operation that is no write; false with errno set where it is to fail.
bool allowed(FileOperation operation, const fs::path& path) {
  const auto outcome = file_outcome(operation, path);
  if (outcome.kill) kill_process();
  if (outcome.reason != 0) errno = outcome.reason;
  return outcome.reason == 0;
}

// False with errno set when the data may not be on disk. Pipes and devices cannot be synchronised and need not be.
bool synchronised(int descriptor, const fs::path& path) {
  if (!allowed(FileOperation::sync, path)) return false;
  return uninterrupted([&] { return ::fsync(descriptor); }) == 0 || errno == EINVAL || errno == ENOTSUP;
}

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  const std::string suffix = concat(".tmp-", ::getpid(), "-", counter++);
  return parent_of(path) / ("." + path.filename().string() + suffix);
}

}  // namespace

void cannot_write(const fs::path& path, int reason) {
  throw WriteError("[", path.string(), "] cannot be written: ", std::strerror(reason), remedy(reason));
}

void make_directories(const fs::path& path) {
  std::error_code fault;
  fs::create_directories(path, fault);
  if (fault) cannot_write(path, fault.value());
}

void require_writable(const fs::path& path) {
  fs::path existing = path.empty() ? fs::path(".") : path;
  std::error_code ignored;
  while (!fs::exists(existing, ignored)) existing = parent_of(existing);
  if (existing != path && !fs::is_directory(existing, ignored)) cannot_write(existing, ENOTDIR);
  if (::access(existing.c_str(), W_OK) != 0) cannot_write(existing, errno);
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  std::uint64_t size = 0;
  const Descriptor file(open_regular<DataError>(path, size));
  const auto too_large = [&] {
    return DataError("[", path.string(), "] expected at most ", max_bytes, " bytes, got more");
  };
  if (size > max_bytes) throw too_large();
  std::string content(static_cast<std::size_t>(size) + 1, '\0');  // one more byte shows the end without a second call
  std::size_t filled = 0;
  while (true) {
    if (filled == content.size()) content.resize(content.size() * 2);  // grew while being read
    const std::size_t room = std::min<std::uint64_t>(content.size() - filled, kLargestTransfer);
    const ssize_t got = uninterrupted([&] { return ::read(file.get(), content.data() + filled, room); });
    if (got < 0) throw DataError("[", path.string(), "] cannot be read: ", std::strerror(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > max_bytes) throw too_large();
  }
  content.resize(filled);
  return content;
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  const fs::path temporary = temporary_beside(path);
  require_writable(parent_of(path));  // its message names a path that the user knows
  try {
    OutputFile file(temporary);
    file.write(content);
    file.close();
    rename_path(temporary, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

OutputFile::OutputFile(fs::path path, Mode mode) : path_(std::move(path)) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mode == Mode::append ? O_APPEND : O_TRUNC);
  if (!allowed(FileOperation::open, path_)) cannot_write(path_, errno);
  descriptor_ = uninterrupted([&] { return ::open(path_.c_str(), flags, 0666); });  // less the umask
  if (descriptor_ < 0) cannot_write(path_, errno);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::write(const void* data, std::uint64_t bytes) {
  const auto outcome = file_outcome(FileOperation::write, path_);
  const auto first = static_cast<std::uint64_t>(static_cast<double>(bytes) * outcome.share);
  const auto* begin = static_cast<const char*>(data);
  transfer(begin, first);
  if (outcome.kill) kill_process();
  if (outcome.reason != 0) cannot_write(path_, outcome.reason);
  transfer(begin + first, bytes - first);
}

void OutputFile::transfer(const char* next, std::uint64_t bytes) {
  while (bytes > 0) {
    const std::uint64_t piece = std::min(bytes, kLargestTransfer);
    const ssize_t written = uninterrupted([&] { return ::write(descriptor_, next, piece); });
    if (written <= 0) cannot_write(path_, written < 0 ? errno : ENOSPC);
    next += written;
    bytes -= static_cast<std::uint64_t>(written);
  }
}

void OutputFile::sync() {
  if (!synchronised(descriptor_, path_)) cannot_write(path_, errno);
}

void OutputFile::close() {
  if (descriptor_ < 0) return;
  const int descriptor = std::exchange(descriptor_, -1);
  const int sync_fault = synchronised(descriptor, path_) ? 0 : errno;
  // On Linux the descriptor is gone even where close() says EINTR.
  const bool closed = ::close(descriptor) == 0 || errno == EINTR;
  if (sync_fault != 0) cannot_write(path_, sync_fault);
  if (!closed) cannot_write(path_, errno);
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (!allowed(FileOperation::rename, to)) cannot_write(to, errno);
  if (::rename(from.c_str(), to.c_str()) != 0) cannot_write(to, errno);
  sync_directory(parent_of(to));
}

void sync_directory(const fs::path& directory) {
  const Descriptor opened(
      uninterrupted([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (opened.get() < 0 || !synchronised(opened.get(), directory)) cannot_write(directory, errno);
}

void sync_file(const fs::path& path) {
  const Descriptor opened(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); }));
  if (opened.get() < 0 || !synchronised(opened.get(), path)) cannot_write(path, errno);
}

std::uint64_t free_bytes(const fs::path& directory) {
  if (!allowed(FileOperation::space, directory)) return 0;
  std::error_code fault;
  const fs::space_info space = fs::space(directory, fault);
  if (fault) throw WriteError("[", directory.string(), "] cannot ask for its free space: ", fault.message());
  return space.available;
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file(open_regular<ModelError>(path, size_));
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw ModelError("[", path.string(), "] cannot be mapped: ", std::strerror(errno));
  data_ = static_cast<const std::uint8_t*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

}  // namespace attend
