#include "attend/core/file.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/file_fault.h"
#include "descriptor.h"

namespace attend {
namespace {

// Linux moves at most 0x7ffff000 bytes a call.
constexpr std::uint64_t kLargestTransfer = 1 << 30;
constexpr std::size_t kBlock = 1 << 20;
constexpr std::string_view kMoreFiles = "; raise the limit on open files (ulimit -n)";

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
    case EEXIST: return "; something else stands there, move it away";
    case EMFILE:
    case ENFILE: return kMoreFiles;
    default: return "";
  }
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

PathStatus status_from(const struct stat& found) {
  PathStatus status{.device = found.st_dev, .inode = found.st_ino, .bytes = static_cast<std::uint64_t>(found.st_size)};
  switch (found.st_mode & S_IFMT) {
    case S_IFREG: status.type = fs::file_type::regular; break;
    case S_IFDIR: status.type = fs::file_type::directory; break;
    case S_IFLNK: status.type = fs::file_type::symlink; break;
    case S_IFIFO: status.type = fs::file_type::fifo; break;
    default: status.type = fs::file_type::unknown; break;
  }
  return status;
}

}  // namespace

std::string_view remedy_of_reading(int reason) {
  switch (reason) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG: return "; check the path";
    case EACCES:
    case EPERM: return "; change its permissions";
    case EMFILE:
    case ENFILE: return kMoreFiles;
    default: return "";
  }
}

std::string PathStatus::what() const {
  if (is_nothing()) return "nothing";
  if (reason != 0) return std::strerror(reason);
  if (is_file()) return "a file";
  if (is_directory()) return "a directory";
  if (is_link()) return "a link";
  return type == fs::file_type::fifo ? "a pipe" : "a device or socket";
}

bool PathStatus::is_nothing() const { return reason == ENOENT || reason == ENOTDIR; }

PathStatus status_of(const fs::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? status_from(found) : PathStatus{.reason = errno};
}

PathStatus status_of_link(const fs::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 ? status_from(found) : PathStatus{.reason = errno};
}

PathStatus status_of_descriptor(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 ? status_from(found) : PathStatus{.reason = errno};
}

std::vector<std::string> names_in(const fs::path& directory, std::error_code& fault) {
  std::vector<std::string> names;
  fault.clear();
  for (fs::directory_iterator item(directory, fault), end; !fault && item != end; item.increment(fault))
    names.push_back(item->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void remove_tree(const fs::path& path) {
  std::error_code fault;
  fs::remove_all(path, fault);
  if (fault) throw WriteError("[", path.string(), "] cannot be removed: ", fault.message(), "; remove it by hand");
}

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
  auto status = status_of(existing);
  for (; status.is_nothing(); status = status_of(existing)) existing = parent_of(existing);
  if (status.reason != 0) cannot_write(existing, status.reason);
  if (existing != path && !status.is_directory()) cannot_write(existing, ENOTDIR);
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

void read_blocks(const fs::path& path, const std::function<void(std::string_view)>& take) {
  std::uint64_t size = 0;
  const Descriptor file(open_regular<ModelError>(path, size));
  std::vector<char> block(kBlock);
  while (true) {
    const ssize_t got = uninterrupted([&] { return ::read(file.get(), block.data(), block.size()); });
    if (got < 0) throw ModelError("[", path.string(), "] cannot be read: ", std::strerror(errno));
    if (got == 0) return;
    take({block.data(), static_cast<std::size_t>(got)});
  }
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  const fs::path temporary = temporary_beside(path);
  require_writable(parent_of(path));  // its message names a path that the user knows
  try {
    OutputFile file(temporary, OutputFile::Mode::create);
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
  const int kind = mode == Mode::append ? O_APPEND : mode == Mode::create ? O_EXCL | O_NOFOLLOW : O_TRUNC;
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | kind;
  if (!allowed(FileOperation::open, path_)) cannot_write(path_, errno);
  if (mode == Mode::create) ::unlink(path_.c_str());  // what a killed process left; a link goes, not what it points to
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
  const Descriptor opened(uninterrupted([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (opened.get() < 0 || !synchronised(opened.get(), directory)) cannot_write(directory, errno);
}

void sync_file(const fs::path& path) {
  const Descriptor opened(
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); }));
  if (opened.get() < 0 || !synchronised(opened.get(), path)) cannot_write(path, errno);
}

std::uint64_t free_bytes(const fs::path& directory) {
  if (!allowed(FileOperation::space, directory)) return 0;
  std::error_code fault;
  const fs::space_info space = fs::space(directory, fault);
  if (fault) throw WriteError("[", directory.string(), "] cannot ask for its free space: ", fault.message());
  return space.available;
}

}  // namespace attend
