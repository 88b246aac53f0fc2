// Files behind one small layer: every read is bounded, every write is checked and can be made durable. Tests let any
// of its operations fail (file_fault.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace attend {

namespace fs = std::filesystem;

// The whole file; DataError when it is missing, not a regular file, or larger than max_bytes.
std::string read_file(const fs::path& path, std::uint64_t max_bytes);

// Writes to a sibling temporary, fsyncs, renames, fsyncs the directory. WriteError names path and reason.
void write_file_atomically(const fs::path& path, std::string_view content);

// Throws the WriteError for an errno, with what can be done about it.
[[noreturn]] void cannot_write(const fs::path& path, int reason);
// Makes a directory and those above it; WriteError.
void make_directories(const fs::path& path);
// WriteError where the nearest directory that is there cannot be written. Changes nothing.
void require_writable(const fs::path& path);

// A file being written: every call is checked, the destructor never throws. close() flushes and fsyncs.
class OutputFile {
 public:
  enum class Mode { truncate, append };
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

// The bytes of a file, mapped read-only (an empty file has size 0).
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  const std::uint8_t* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace attend
