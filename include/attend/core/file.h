// A small layer over files: every read is bounded, and every write is checked and can be made durable. Tests can make
// any of its operations fail (file_fault.h).
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

// What exists at a path. Asking never throws. fs::exists and similar functions throw when links form a circle, a name
// is too long, or a directory above may not be searched.
struct PathStatus {
  fs::file_type type = fs::file_type::none;
  int reason = 0;  // errno when nothing was found
  std::uint64_t device = 0, inode = 0, bytes = 0;

  bool exists() const { return reason == 0; }
  bool is_nothing() const;  // nothing is there, and nothing forbids to look
  bool is_file() const { return type == fs::file_type::regular; }
  bool is_directory() const { return type == fs::file_type::directory; }
  bool is_link() const { return type == fs::file_type::symlink; }
  bool is_same_as(const PathStatus& other) const {
    return exists() && other.exists() && device == other.device && inode == other.inode;
  }
  std::string what() const;  // "a directory", "nothing", "Permission denied"
};
PathStatus status_of(const fs::path& path);       // follows a link
PathStatus status_of_link(const fs::path& path);  // looks at the link itself
PathStatus status_of_descriptor(int descriptor);
// Returns the sorted names in a directory. If the directory cannot be read, returns an empty list and sets `fault`.
std::vector<std::string> names_in(const fs::path& directory, std::error_code& fault);

// Returns what a user can do when reading a file fails with this errno, such as "; check the path". Returns an empty
// text when the reason alone says enough.
std::string_view remedy_of_reading(int reason);

// Returns the content of a whole file. Throws DataError when the file is missing, is not a regular file, or is larger
// than `max_bytes`.
std::string read_file(const fs::path& path, std::uint64_t max_bytes);

// Passes a regular file to `take` block by block, from beginning to end. Throws ModelError.
void read_blocks(const fs::path& path, const std::function<void(std::string_view)>& take);

// Writes a temporary file beside `path`, fsyncs it, renames it and fsyncs the directory. Throws WriteError, which names
// the path and the reason.
void write_file_atomically(const fs::path& path, std::string_view content);

// Throws the WriteError that belongs to an errno; its text says what can be done about it.
[[noreturn]] void cannot_write(const fs::path& path, int reason);
// Makes a directory and all missing directories above it. Throws WriteError.
void make_directories(const fs::path& path);
// Removes a file, a link, or a directory with everything in it. Throws WriteError.
void remove_tree(const fs::path& path);
// Throws WriteError when the nearest existing directory cannot be written. Changes nothing.
void require_writable(const fs::path& path);

// A file that is being written. Every call is checked and throws WriteError on a fault; the destructor never throws.
class OutputFile {
 public:
  enum class Mode {
    truncate,
    append,
    create,  // makes a new file: removes whatever has its name, and never follows a link
  };
  explicit OutputFile(fs::path path, Mode mode = Mode::truncate);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* data, std::uint64_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void sync();   // fsync
  void close();  // fsync and close; throws WriteError on any fault
  const fs::path& path() const { return path_; }

 private:
  void transfer(const char* next, std::uint64_t bytes);

  fs::path path_;
  int descriptor_ = -1;
};

void rename_path(const fs::path& from, const fs::path& to);  // rename(2), then fsync of the parent directory
void sync_directory(const fs::path& directory);
void sync_file(const fs::path& path);
std::uint64_t free_bytes(const fs::path& directory);

}  // namespace attend
