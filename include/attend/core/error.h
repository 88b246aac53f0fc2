// Typed errors. Every fault of a user, of data or of the environment is one of these; its text reads
// `[where] expected ..., got ...; hint`. They cross the library freely and end in main(), which turns
// the class into the documented exit code.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace attend {

// What the process returns to the shell; documented in docs/command-line.md.
enum class ExitCode : int {
  ok = 0,
  internal = 1,
  usage = 2,
  config = 3,
  data = 4,
  model = 5,
  diverged = 6,
  out_of_memory = 7,
  cannot_write = 8,
};

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// Joins anything that can be streamed: concat("line ", 17) == "line 17".
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <ExitCode kCode>
class TypedError : public Error {
 public:
  // TypedError("[where] expected ", 3, ", got ", 4)
  template <class... Parts>
  explicit TypedError(const Parts&... parts) : Error(kCode, concat(parts...)) {}
};

using UsageError = TypedError<ExitCode::usage>;            // the command line
using ConfigError = TypedError<ExitCode::config>;          // YAML and --set
using DataError = TypedError<ExitCode::data>;              // text that is read
using ModelError = TypedError<ExitCode::model>;            // checkpoints, models, tokenizer files
using DivergedError = TypedError<ExitCode::diverged>;      // a training that cannot go on
using OutOfMemoryError = TypedError<ExitCode::out_of_memory>;
using WriteError = TypedError<ExitCode::cannot_write>;     // full, read-only, locked

// Nothing was begun: the disk has no room for what was to be written.
class NoSpaceError : public WriteError {
  using WriteError::WriteError;
};

}  // namespace attend
