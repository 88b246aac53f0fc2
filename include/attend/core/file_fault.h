// Makes disk faults on purpose. Tests decide how each open for writing, write, fsync and rename of the file layer
// (file.h) ends, and what it hears when it asks for free space.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace attend {

enum class FileOperation { open, write, sync, rename, space };

// How one operation ends. A write first puts its `share` of the bytes into the file; then it fails with `reason`, or
// the process is killed. With a share below 1 and no reason the write is merely short, and the caller must write the
// rest.
struct FileOutcome {
  int reason = 0;      // errno that the call fails with; 0: it succeeds
  double share = 1.0;  // part of the bytes that a write puts into the file
  bool kill = false;   // the process gets SIGKILL after that
};

// Installs a function that is asked before every operation. An empty function removes it.
using FileFault = std::function<FileOutcome(FileOperation operation, const std::filesystem::path& path)>;
void set_file_fault(FileFault fault);

// Parses "full@12", "io@3:model.safetensors" or "kill@40:checkpoints": KIND@N or KIND@N:WORD. The fault happens at
// operation number N, counted from 1 among the operations whose path contains WORD. Throws UsageError for any other
// text. The kinds are:
//
//   full     there is no space from operation N on
//   short    as full, but a write puts half of its bytes into the file first
//   io       operation N fails with an I/O error, once
//   torn     from operation N on every write is short by half, which is not a fault
//   kill     the process is killed at operation N, in the middle of a write
//   crowded  the N-th question for free space is answered with none; only these questions are counted
FileFault parse_file_fault(std::string_view text);

// The file layer calls this before every operation.
FileOutcome file_outcome(FileOperation operation, const std::filesystem::path& path);
// Ends the process in the same way as SIGKILL.
[[noreturn]] void kill_process();

}  // namespace attend
