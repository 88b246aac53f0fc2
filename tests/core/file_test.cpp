#include "attend/core/file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attend/core/error.h"
#include "attend/core/lock.h"
#include "attend/core/mapped_file.h"
#include "attend/core/temporary_directory.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using attend::test::slurp;

TEST_CASE("files: what is written is read") {
  const Scratch scratch;
  const fs::path path = scratch / "a";
  for (const std::string& content : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    write_file_atomically(path, content);
    CHECK(read_file(path, 100'000) == content);
    const MappedFile mapped(path);
    CHECK(mapped.size() == content.size());
    CHECK(std::string(reinterpret_cast<const char*>(mapped.data()), mapped.size()) == content);
  }
}

TEST_CASE("files: atomic writing leaves nothing beside and keeps the umask's permissions") {
  const Scratch scratch;
  const mode_t old_mask = ::umask(022);
  write_file_atomically(scratch / "a", "new");
  ::umask(old_mask);
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 1);
  const auto readable = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read | fs::perms::others_read;
  CHECK(fs::status(scratch / "a").permissions() == readable);
  CHECK_THROWS_AS(write_file_atomically(scratch / "missing" / "a", "x"), WriteError);
  fs::create_directory(scratch / "directory");
  CHECK_THROWS_AS(write_file_atomically(scratch / "directory", "x"), WriteError);
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("files: reading refuses what is missing, too large or no file") {
  const Scratch scratch;
  CHECK_THROWS_AS(read_file(scratch / "none", 10), DataError);
  CHECK_THROWS_AS(read_file(scratch.path(), 10), DataError);
  CHECK_THROWS_AS(read_file(scratch.file("eleven", "12345678901"), 10), DataError);
  CHECK(read_file(scratch.file("ten", "1234567890"), 10).size() == 10);
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_file(scratch / "pipe", 10), DataError);  // and does not wait for a writer
  CHECK_THROWS_AS(MappedFile(scratch / "none"), ModelError);
  CHECK_THROWS_WITH(read_file(scratch / "none", 10), Catch::Contains("none") && Catch::Contains("No such file"));
}

TEST_CASE("files: a full disk is an error that names the file") {
  if (!fs::exists("/dev/full")) return;
  OutputFile file("/dev/full", OutputFile::Mode::append);
  CHECK_THROWS_WITH(file.write("x"), Catch::Contains("/dev/full") && Catch::Contains("No space left"));
  CHECK_THROWS_AS(OutputFile(fs::path("/proc/none")), WriteError);
}

TEST_CASE("files: append and truncate") {
  const Scratch scratch;
  const fs::path path = scratch / "log";
  for (const auto mode : {OutputFile::Mode::append, OutputFile::Mode::append, OutputFile::Mode::truncate}) {
    OutputFile file(path, mode);
    file.write("line\n");
    file.close();
    file.close();  // a second time is nothing
    CHECK(slurp(path).size() % 5 == 0);
  }
  CHECK(slurp(path) == "line\n");
  CHECK(free_bytes(scratch.path()) > 0);
  rename_path(path, scratch / "moved");
  CHECK(fs::exists(scratch / "moved"));
  CHECK_THROWS_AS(rename_path(path, scratch / "again"), WriteError);
}

TEST_CASE("lock: a second holder is refused until the first lets go") {
  const Scratch scratch;
  {
    const LockFile first(scratch.path());
    CHECK_THROWS_WITH(LockFile(scratch.path()), Catch::Contains("another training holds"));
  }
  CHECK_NOTHROW(LockFile(scratch.path()));
  CHECK_THROWS_AS(LockFile(scratch / "none"), WriteError);
}

TEST_CASE("lock: a directory or a link of its name is refused, and what a link points to is not touched") {
  const Scratch scratch;
  fs::create_directory(scratch / "one");
  fs::create_directory(scratch / "one/.lock");
  CHECK_THROWS_AS(LockFile(scratch / "one"), WriteError);
  fs::create_directory(scratch / "two");
  fs::create_symlink(scratch / "elsewhere", scratch / "two/.lock");
  CHECK_THROWS_AS(LockFile(scratch / "two"), WriteError);
  CHECK_FALSE(fs::exists(scratch / "elsewhere"));
}

TEST_CASE("files: to ask what stands at a path never throws") {
  const Scratch scratch;
  fs::create_symlink("loop", scratch / "loop");
  CHECK(status_of(scratch / "loop").what() == "Too many levels of symbolic links");
  CHECK(status_of_link(scratch / "loop").is_link());
  CHECK(status_of(fs::path(std::string(5000, 'x'))).what() == "File name too long");
  CHECK(status_of(scratch / "none").is_nothing());
  CHECK(status_of(scratch.file("a", "xyz") / "below").is_nothing());
  CHECK((status_of(scratch / "a").is_file() && status_of(scratch / "a").bytes == 3));
  CHECK(status_of(scratch.path()).is_directory());
  fs::create_symlink("a", scratch / "link");
  CHECK(status_of(scratch / "link").is_same_as(status_of(scratch / "a")));
  CHECK_FALSE(status_of(scratch.file("b", "xyz")).is_same_as(status_of(scratch / "a")));
  CHECK_FALSE(status_of(scratch / "none").is_same_as(status_of(scratch / "none")));
  CHECK_THROWS_WITH(require_writable(scratch / "loop" / "a"), Catch::Contains("symbolic links"));
}

TEST_CASE("files: a new file takes the place of a link and leaves alone what the link points to") {
  const Scratch scratch;
  scratch.file("victim", "mine");
  fs::create_symlink("victim", scratch / "planted");
  OutputFile file(scratch / "planted", OutputFile::Mode::create);
  file.write("x");
  file.close();
  CHECK(slurp(scratch / "victim") == "mine");
  CHECK(slurp(scratch / "planted") == "x");
}

TEST_CASE("files: a temporary directory is new, its owner's alone, and gone at the end") {
  const Scratch scratch;
  const char* before = ::getenv("TMPDIR");
  const std::string former = before == nullptr ? "" : before;
  ::setenv("TMPDIR", scratch.path().c_str(), 1);
  fs::path first;
  {
    const TemporaryDirectory one("test"), other("test");
    first = one.path();
    CHECK(one.path() != other.path());
    CHECK(one.path().parent_path() == scratch.path());
    CHECK(fs::status(first).permissions() == fs::perms::owner_all);
    write_file_atomically(first / "a", "x");
  }
  CHECK(fs::is_empty(scratch.path()));
  ::setenv("TMPDIR", (scratch / "none").c_str(), 1);
  CHECK_THROWS_WITH(TemporaryDirectory("test"),
                    Catch::Contains((scratch / "none").string()) && Catch::Contains("set TMPDIR"));
  former.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", former.c_str(), 1);
}

TEST_CASE("files: a mapped file that is cut short ends the process with its name and the exit code of its kind") {
  const Scratch scratch;
  for (const auto kind : {ExitCode::data, ExitCode::model}) {
    scratch.file("ids.bin", std::string(100'000, 'x'));
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      explain_lost_mappings();
      const MappedFile other(scratch / "ids.bin", kind), mapped(scratch / "ids.bin", kind);
      if (::truncate((scratch / "ids.bin").c_str(), 10) != 0) ::_exit(1);
      ::_exit(mapped.data()[50'000] == 'x' ? 2 : 3);  // not reached
    }
    ::close(ends[1]);
    std::string said(1000, '\0');
    said.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], said.data(), said.size()), 0)));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    INFO(said);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == static_cast<int>(kind));
    CHECK(said.find("ids.bin] expected its 100000 bytes") != std::string::npos);
  }
}
