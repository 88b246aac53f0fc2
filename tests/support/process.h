// Runs a program as a user would: arguments, standard input, what came out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace attend::test {

struct ProcessResult {
  int exit_code = -1;  // 128 + signal when a signal ended it, as a shell says it
  std::string out, err;
};

struct ProcessOptions {
  std::string input;                                // fed to standard input, which is then closed
  std::map<std::string, std::string> environment;   // added to ours
  std::string directory;                            // where it runs; empty: here
  std::string out_file;                             // standard output goes to this file instead of `out`
};

// `program` is searched in PATH. Throws std::runtime_error when it cannot be started.
ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments,
                          const ProcessOptions& options = {});

// The attend binary (environment variable ATTEND_BINARY). Throws when it is not set.
ProcessResult run_attend(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

// An environment variable that ctest sets; throws std::runtime_error when it is missing.
std::string test_environment(const std::string& name);

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace attend::test
