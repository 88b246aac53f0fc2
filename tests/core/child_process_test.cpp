#include "attend/core/child_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

const MessageSource kNothing = [](std::string&) { return false; };

ChildEnd end_of(const std::function<std::string()>& work) {
  return run_in_child(kNothing, [&](const MessageSource&) { return work(); });
}

void check_no_child_is_left() {
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

}  // namespace

TEST_CASE("child process: messages of all sizes come in their order, and the answer comes back whole") {
  int sent = 0;
  const auto feed = [&](std::string& message) {
    message.assign(static_cast<std::size_t>(sent * 997 % 200'000), static_cast<char>('a' + sent % 26));
    return sent++ < 40;
  };
  const auto end = run_in_child(feed, [](const MessageSource& messages) {
    std::string all;
    for (std::string message; messages(message);) all += message + '\n';
    return all;
  });
  std::string expected;
  for (int i = 0; i < 40; ++i)
    expected += std::string(static_cast<std::size_t>(i * 997 % 200'000), static_cast<char>('a' + i % 26)) + '\n';
  CHECK((end.kind == ChildEnd::Kind::answered && end.text == expected && end.printed.empty()));
  CHECK(end_of([] { return std::string(); }).kind == ChildEnd::Kind::answered);
  check_no_child_is_left();
}

TEST_CASE("child process: work that ends its process ends no more, and what it printed is known") {
  const auto left = end_of([]() -> std::string {
    std::fprintf(stderr, "a condition failed\n");
    std::exit(255);
  });
  CHECK((left.kind == ChildEnd::Kind::died && left.signal == 0 && left.printed == "a condition failed\n"));
  const auto aborted = end_of([]() -> std::string { std::abort(); });
  CHECK((aborted.kind == ChildEnd::Kind::died && aborted.signal == SIGABRT));
  const auto chatty = end_of([] {
    std::fprintf(stderr, "%s", std::string(100'000, 'x').c_str());
    return std::string("done");
  });
  CHECK((chatty.text == "done" && chatty.printed.size() == 4096));
  check_no_child_is_left();
}

TEST_CASE("child process: exceptions and too little memory are told apart") {
  const auto ended = end_of([]() -> std::string { ::_exit(static_cast<int>(attend::ExitCode::out_of_memory)); });
  CHECK(ended.kind == ChildEnd::Kind::out_of_memory);  // as the program's own terminate handler ends it
  const auto threw = end_of([]() -> std::string { throw std::invalid_argument("stoi"); });
  CHECK((threw.kind == ChildEnd::Kind::threw && threw.text == "stoi"));
  CHECK(end_of([]() -> std::string { throw std::bad_alloc(); }).kind == ChildEnd::Kind::out_of_memory);
  CHECK(end_of([]() -> std::string { throw std::system_error(EAGAIN, std::generic_category()); }).kind ==
        ChildEnd::Kind::out_of_memory);
  const auto in_a_thread = end_of([] {
    std::thread([] { throw std::bad_alloc(); }).join();
    return std::string();
  });
  CHECK(in_a_thread.kind == ChildEnd::Kind::out_of_memory);
}

TEST_CASE("child process: it does not read what comes after its end, and ends with a fault of the feed") {
  int sent = 0;
  const auto endless = [&](std::string& message) {
    message.assign(100'000, 'x');
    ++sent;
    return true;
  };
  CHECK(run_in_child(endless, [](const MessageSource&) -> std::string { std::exit(1); }).kind == ChildEnd::Kind::died);
  CHECK(sent < 1000);
  const auto broken = [](std::string&) -> bool { throw std::runtime_error("the text is no text"); };
  const auto waits = [](const MessageSource& messages) {
    for (std::string message; messages(message);) {
    }
    ::pause();
    return std::string();
  };
  CHECK_THROWS_WITH(run_in_child(broken, waits), "the text is no text");
  check_no_child_is_left();
}
