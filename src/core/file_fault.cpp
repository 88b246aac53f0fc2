#include "attend/core/file_fault.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

FileFault& current_fault() {
  static FileFault fault;
  return fault;
}

struct FaultKind {
  std::string_view name;
  FileOutcome outcome;
  bool stays;  // also every operation after the one that is named
  bool of_space = false;  // counts the questions for space; the others count what changes files
};
const FaultKind kKinds[] = {{"full", {ENOSPC, 0.0, false}, true},
                            {"short", {ENOSPC, 0.5, false}, true},
                            {"io", {EIO, 0.0, false}, false},
                            {"torn", {0, 0.5, false}, true},
                            {"kill", {0, 0.5, true}, false},
                            {"crowded", {ENOSPC, 0.0, false}, false, true}};

const FaultKind* find_kind(std::string_view name) {
  for (const auto& kind : kKinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

}  // namespace

void set_file_fault(FileFault fault) { current_fault() = std::move(fault); }

FileOutcome file_outcome(FileOperation operation, const std::filesystem::path& path) {
  return current_fault() ? current_fault()(operation, path) : FileOutcome{};
}

FileFault parse_file_fault(std::string_view text) {
  const auto at = std::min(text.find('@'), text.size()), colon = std::min(text.find(':', at), text.size());
  const auto* kind = find_kind(text.substr(0, at));
  const auto number = at < colon ? parse_int(text.substr(at + 1, colon - at - 1)) : std::nullopt;
  if (kind == nullptr || !number || *number < 1)
    throw UsageError(
        "[file fault] expected KIND@N or KIND@N:WORD with a KIND of full, short, io, torn, kill or crowded, got \"",
        text, "\"");
  const std::string word(colon < text.size() ? text.substr(colon + 1) : std::string_view());
  return [kind, word, number = *number, count = std::make_shared<std::int64_t>(0)](FileOperation operation,
                                                                                   const auto& path) {
    if ((operation == FileOperation::space) != kind->of_space) return FileOutcome{};
    if (path.string().find(word) == std::string::npos) return FileOutcome{};
    const auto now = ++*count;
    return now == number || (kind->stays && now > number) ? kind->outcome : FileOutcome{};
  };
}

void kill_process() {
  ::kill(::getpid(), SIGKILL);
  std::abort();  // not reached
}

}  // namespace attend
