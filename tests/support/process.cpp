#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace attend::test {
namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(std::size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
};

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, const ProcessOptions& options, Pipe& in, Pipe& out, Pipe& err) {
  ::dup2(in.ends[0], STDIN_FILENO);
  ::dup2(err.ends[1], STDERR_FILENO);
  int stdout_end = out.ends[1];
  if (!options.out_file.empty()) stdout_end = ::open(options.out_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  ::dup2(stdout_end, STDOUT_FILENO);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
  std::signal(SIGPIPE, SIG_DFL);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

// Moves what is there; closes the end when the other side has.
void drain(Pipe& from, std::string& into) {
  std::array<char, 65536> block{};
  const ssize_t got = ::read(from.ends[0], block.data(), block.size());
  if (got > 0) into.append(block.data(), static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) from.close_end(0);
}

void feed(Pipe& to, const std::string& input, std::size_t& sent) {
  const ssize_t wrote = ::write(to.ends[1], input.data() + sent, input.size() - sent);
  if (wrote > 0) sent += static_cast<std::size_t>(wrote);
  const bool gone = wrote < 0 && errno != EINTR && errno != EAGAIN;
  if (gone || sent == input.size()) to.close_end(1);
}

void exchange(Pipe& in, Pipe& out, Pipe& err, const std::string& input, ProcessResult& result) {
  std::size_t sent = 0;
  ::fcntl(in.ends[1], F_SETFL, O_NONBLOCK);
  if (input.empty()) in.close_end(1);
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    std::array<pollfd, 3> waits{pollfd{in.ends[1], POLLOUT, 0}, pollfd{out.ends[0], POLLIN, 0},
                                pollfd{err.ends[0], POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) throw std::runtime_error("poll failed");
    if (waits[0].revents != 0) feed(in, input, sent);
    if (waits[1].revents != 0) drain(out, result.out);
    if (waits[2].revents != 0) drain(err, result.err);
  }
}

}  // namespace

ProcessResult run_process(const std::string& program, const std::vector<std::string>& arguments,
                          const ProcessOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // a program may end without reading its input
  std::vector<char*> raw{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  Pipe in, out, err;
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(raw.data(), options, in, out, err);
  in.close_end(0);
  out.close_end(1);
  err.close_end(1);
  ProcessResult result;
  exchange(in, out, err, options.input, result);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (result.exit_code == 127 && result.out.empty() && result.err.empty())
    throw std::runtime_error("cannot start " + program);
  return result;
}

ProcessResult run_attend(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  return run_process(test_environment("ATTEND_BINARY"), arguments, options);
}

std::string test_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    throw std::runtime_error("environment variable " + name + " is not set; run the tests by ctest");
  return value;
}

}  // namespace attend::test
