// Typed errors. Every fault of a user, of data or of the environment is one of these classes, and its text reads
// `[where] expected ..., got ...; hint`. They pass through the library uncaught; main() turns the class into the
// documented exit code.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace attend {

// What the process returns to the shell; docs/command-line.md documents the codes.
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

// The base of all typed errors.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// The message is made of the parts: TypedError("[where] expected ", 3, ", got ", 4).
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

using UsageError = TypedError<ExitCode::usage>;        // wrong command line
using ConfigError = TypedError<ExitCode::config>;      // wrong YAML or --set
using DataError = TypedError<ExitCode::data>;          // wrong text or ids in input files
using ModelError = TypedError<ExitCode::model>;        // wrong checkpoint, model or tokenizer file
using DivergedError = TypedError<ExitCode::diverged>;  // a training that cannot go on
using OutOfMemoryError = TypedError<ExitCode::out_of_memory>;
using WriteError = TypedError<ExitCode::cannot_write>;  // the disk is full, read-only or locked

// The disk has too little room for what was to be written, and nothing was begun.
class NoSpaceError : public WriteError {
  using WriteError::WriteError;
};

}  // namespace attend
