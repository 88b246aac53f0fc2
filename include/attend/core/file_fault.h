// Faults of a disk, made on purpose: tests decide what becomes of every open for writing, write, fsync and rename of
// the file layer (file.h), and of the question how much space is left.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace attend {

enum class FileOperation { open, write, sync, rename, space };

struct FileOutcome {
  int reason = 0;      // errno that the call fails with; 0: it does what it should
  double share = 1.0;  // of a write: the part of the bytes that reaches the file before that; less than 1 and no
                       // reason: a short write, which the rest must follow
  bool kill = false;   // SIGKILL after that part
};

// Asked before every operation. An empty function ends it.
using FileFault = std::function<FileOutcome(FileOperation operation, const std::filesystem::path& path)>;
void set_file_fault(FileFault fault);

// "full@12", "io@3:model.safetensors", "kill@40:checkpoints": operation number 12 (from 1) of those whose path holds
// the word. full: no space from there on; short: the same, and a write is done by half; io: an I/O error, once;
// torn: writes from there on are done by half first, which is no fault; kill: the process ends there, in the middle
// of a write. crowded: no space is left, told once, when it is asked for. UsageError for another text.
FileFault parse_file_fault(std::string_view text);

// What the layer asks.
FileOutcome file_outcome(FileOperation operation, const std::filesystem::path& path);
// Ends the process as SIGKILL does.
[[noreturn]] void kill_process();

}  // namespace attend
