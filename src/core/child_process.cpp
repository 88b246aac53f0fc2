#include "attend/core/child_process.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <system_error>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/interrupt.h"

namespace attend {
namespace {

constexpr std::size_t kSentTogether = 1 << 16;
constexpr std::size_t kMostPrinted = 1 << 12;
constexpr int kEndedInside = 99;

[[noreturn]] void no_child(const char* what) {
  const auto remedy = remedy_of_reading(errno);  // of too many open files
  throw OutOfMemoryError("[", what, "] expected room for a child process, got: ", std::strerror(errno),
                         remedy.empty() ? "; close other programs, or raise ulimit" : remedy);
}

class OpenHandle {
 public:
  OpenHandle(int number, const char* what) : number_(number) {
    if (number_ < 0) no_child(what);
  }
  ~OpenHandle() { close(); }
  OpenHandle(const OpenHandle&) = delete;
  OpenHandle& operator=(const OpenHandle&) = delete;
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

// A file in memory, which the child fills and the parent reads when it has ended: nobody waits for the other.
class Note : public OpenHandle {
 public:
  explicit Note(const char* name) : OpenHandle(::memfd_create(name, MFD_CLOEXEC), "memfd_create") {}
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(number(), text.data(), text.size());
      if (written < 0 && errno != EINTR) ::_exit(kEndedInside);
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  // Its last bytes, at most so many.
  std::string read(std::size_t most) const {
    const auto size = static_cast<std::size_t>(std::max<off_t>(::lseek(number(), 0, SEEK_END), 0));
    std::string text(std::min(most, size), '\0');
    for (std::size_t got = 0; got < text.size();) {
      const ssize_t now =
          ::pread(number(), text.data() + got, text.size() - got, static_cast<off_t>(size - text.size() + got));
      if (now < 0 && errno == EINTR) continue;
      if (now <= 0) return text.substr(0, got);
      got += static_cast<std::size_t>(now);
    }
    return text;
  }
};

// Messages with their lengths in front, many together.
class Sender {
 public:
  explicit Sender(int socket) : socket_(socket) {}
  // False when the child reads no more.
  bool send(std::string_view message) {
    const auto size = static_cast<std::uint32_t>(message.size());
    waiting_.append(reinterpret_cast<const char*>(&size), sizeof size).append(message);
    return waiting_.size() < kSentTogether || flush();
  }
  bool flush() {
    std::string_view rest = waiting_;
    while (!rest.empty()) {
      const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    waiting_.clear();
    return true;
  }

 private:
  int socket_;
  std::string waiting_;
};

class Receiver {
 public:
  explicit Receiver(int socket) : socket_(socket) {}
  bool next(std::string& message) {
    std::uint32_t size = 0;
    if (!take(reinterpret_cast<char*>(&size), sizeof size)) return false;
    message.resize(size);
    return take(message.data(), size);
  }

 private:
  bool take(char* out, std::size_t bytes) {
    while (bytes > 0) {
      if (begin_ == end_ && !fill()) return false;
      const auto now = std::min(bytes, end_ - begin_);
      std::memcpy(out, buffer_ + begin_, now);
      begin_ += now;
      out += now;
      bytes -= now;
    }
    return true;
  }
  bool fill() {
    ssize_t got;
    do got = ::read(socket_, buffer_, sizeof buffer_);
    while (got < 0 && errno == EINTR);
    begin_ = 0;
    end_ = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    return end_ > 0;
  }

  int socket_;
  char buffer_[kSentTogether];
  std::size_t begin_ = 0, end_ = 0;
};

class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  ~Child() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int wait() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status;
  }
  // As wait(), but a signal that asks for the end (core/interrupt.h) is heard: Interrupted.
  int wait_or_stop() {
    for (timespec pause{0, 1'000'000}; !has_ended(); pause.tv_nsec = std::min(2 * pause.tv_nsec, 50'000'000L)) {
      throw_if_interrupted();
      ::nanosleep(&pause, nullptr);
    }
    return wait();
  }

 private:
  bool has_ended() const {
    siginfo_t end{};
    return ::waitid(P_PID, static_cast<id_t>(process_), &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid != 0;
  }

  pid_t process_;
};

bool is_out_of_memory(const std::system_error& fault) {
  return fault.code() == std::errc::resource_unavailable_try_again || fault.code() == std::errc::not_enough_memory;
}

std::string kind_and(ChildEnd::Kind kind, std::string_view text) { return static_cast<char>(kind) + std::string(text); }

std::string answer_of(const std::function<std::string()>& work) {
  try {
    return kind_and(ChildEnd::Kind::answered, work());
  } catch (const std::bad_alloc&) {
    return kind_and(ChildEnd::Kind::out_of_memory, "");
  } catch (const std::system_error& fault) {
    return kind_and(is_out_of_memory(fault) ? ChildEnd::Kind::out_of_memory : ChildEnd::Kind::threw, fault.what());
  } catch (const std::exception& fault) {
    return kind_and(ChildEnd::Kind::threw, fault.what());
  }
}

// Signals end it, nothing of the parent's is torn down in it, and it leaves no core.
void become_child(pid_t parent, int standard_error) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kEndedInside);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::dup2(standard_error, STDERR_FILENO);
  std::atexit([] { ::_exit(kEndedInside); });  // comes first of all that exit() does
}

ChildEnd read_end(int status, const Note& answer, const Note& printed) {
  ChildEnd end;
  end.printed = printed.read(kMostPrinted);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  const bool whole = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  // A thread of the library without memory ends the child by the program's own terminate handler.
  const bool exited_for_memory = WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitCode::out_of_memory);
  std::string text = whole ? answer.read(std::string::npos) : "";
  if (!text.empty()) {
    end.kind = static_cast<ChildEnd::Kind>(text.front());
    end.text = text.substr(1);
  } else if (end.printed.find("std::bad_alloc") != std::string::npos || end.signal == SIGKILL || exited_for_memory) {
    end.kind = ChildEnd::Kind::out_of_memory;
  }
  return end;
}

}  // namespace

ChildEnd run_in_child(const MessageSource& feed, const std::function<std::string(const MessageSource&)>& work) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) no_child("socketpair");
  OpenHandle here(ends[0], "socketpair"), there(ends[1], "socketpair");
  const Note answer("answer"), printed("printed");
  std::fflush(stdout);  // what waits there is not to be written twice
  const pid_t parent = ::getpid(), process = ::fork();
  if (process < 0) no_child("fork");
  if (process == 0) {
    here.close();
    become_child(parent, printed.number());
    Receiver receiver(there.number());
    answer.write(answer_of([&] { return work([&](std::string& message) { return receiver.next(message); }); }));
    ::_exit(0);
  }
  Child child(process);
  there.close();
  Sender sender(here.number());
  bool reads = true;
  for (std::string message; reads && feed(message);) {
    throw_if_interrupted();
    reads = sender.send(message);
  }
  if (reads) sender.flush();
  here.close();
  return read_end(child.wait_or_stop(), answer, printed);
}

}  // namespace attend
