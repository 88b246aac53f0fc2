#include "attend/core/log.h"

#include <sys/stat.h>

#include <algorithm>

#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("log: the file gets info and above whatever stderr shows") {
  const attend::test::Scratch scratch;
  const auto path = scratch / "log.txt";
  const LogLevel before = log_level();
  set_log_level(LogLevel::off);
  open_log_file(path);
  log_debug("unseen");
  log_info("three is ", 3);
  log_warning("careful");
  show_progress("step 1");
  finish_progress();
  close_log_file();
  log_info("after");
  set_log_level(before);
  const std::string text = attend::test::slurp(path);
  CHECK_THAT(text, Catch::Contains(" info three is 3\n") && Catch::Contains(" warning careful\n"));
  CHECK_THAT(text, Catch::Contains("step 1\n") && !Catch::Contains("unseen") && !Catch::Contains("after"));
}

TEST_CASE("log: what messages quote cannot speak to the terminal, and a pipe in place of the file is not waited for") {
  const attend::test::Scratch scratch;
  open_log_file(scratch / "log.txt");
  log_info("[\x1B[31mred] expected a name");
  close_log_file();
  CHECK_THAT(attend::test::slurp(scratch / "log.txt"), Catch::Contains("[\\x1b[31mred] expected a name"));
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(open_log_file(scratch / "pipe"), WriteError);
}

TEST_CASE("log: a second opening appends; a file that cannot be written is an error") {
  const attend::test::Scratch scratch;
  for (int i = 0; i < 2; ++i) {
    open_log_file(scratch / "log.txt");
    log_info("line");
    close_log_file();
  }
  const std::string text = attend::test::slurp(scratch / "log.txt");
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK_THROWS_AS(open_log_file("/proc/none/log.txt"), WriteError);
}
