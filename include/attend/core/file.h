// Files behind one small layer: every read is bounded, every write is checked and can be made durable. Tests let any
// of its operations fail (file_fault.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace attend {

namespace fs = std::filesystem;

// What stands at a path. Asking never throws, unlike fs::exists and its kin, which do where links turn in a circle, a name is
// too long, or a directory above may not be searched.
struct PathStatus {
  fs::file_type type = fs::file_type::none;
  int reason = 0;  // errno where nothing was found
  std::uint64_t device = 0, inode = 0, bytes = 0;

  bool exists() const { return reason == 0; }
  bool is_nothing() const;  // and nothing forbids to look
  bool is_file() const { return type == fs::file_type::regular; }
  bool is_directory() const { return type == fs::file_type::directory; }
  bool is_link() const { return type == fs::file_type::symlink; }
  bool is_same_as(const PathStatus& other) const { return exists() && other.exists() && device == other.device && inode == other.inode; }
  std::string what() const;  // "a directory", "nothing", "Permission denied"
};
PathStatus status_of(const fs::path& path);       // of what a link points to
PathStatus status_of_link(const fs::path& path);  // of the link itself
PathStatus status_of_descriptor(int descriptor);
// Names in a directory, sorted; none where it cannot be read, which `fault` tells.
std::vector<std::string> names_in(const fs::path& directory, std::error_code& fault);

// What a user can do about an errno of a file that is read: "; check the path"; empty where the reason says all.
std::string_view remedy_of_reading(int reason);

// The whole file; DataError when it is missing, not a regular file, or larger than max_bytes.
std::string read_file(const fs::path& path, std::uint64_t max_bytes);

// Hands a regular file over from its beginning to its end, block by block. ModelError.
void read_blocks(const fs::path& path, const std::function<void(std::string_view)>& take);

// Writes to a sibling temporary, fsyncs, renames, fsyncs the directory. WriteError names path and reason.
void write_file_atomically(const fs::path& path, std::string_view content);

// Throws the WriteError for an errno, with what can be done about it.
[[noreturn]] void cannot_write(const fs::path& path, int reason);
// Makes a directory and those above it; WriteError.
void make_directories(const fs::path& path);
// Removes a file, a link or a directory with all that is in it; WriteError.
void remove_tree(const fs::path& path);
// WriteError where the nearest directory that is there cannot be written. Changes nothing.
void require_writable(const fs::path& path);

// A file being written: every call is checked, the destructor never throws. close() flushes and fsyncs.
class OutputFile {
 public:
  enum class Mode {
    truncate,
    append,
    create,  // a new file: whatever stands at its name is removed, and a link there is not followed
  };
  explicit OutputFile(fs::path path, Mode mode = Mode::truncate);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, std::uint64_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void sync();                        // fsync
  void close();                       // fsync and close; WriteError on any fault
  const fs::path& path() const { return path_; }

 private:
  void transfer(const char* next, std::uint64_t bytes);

  fs::path path_;
  int descriptor_ = -1;
};

void rename_path(const fs::path& from, const fs::path& to);  // rename(2) and fsync of the parent
void sync_directory(const fs::path& directory);
void sync_file(const fs::path& path);
std::uint64_t free_bytes(const fs::path& directory);

}  // namespace attend
