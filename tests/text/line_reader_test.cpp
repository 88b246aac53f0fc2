#include "attend/text/line_reader.h"

#include <unistd.h>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "tests/support/gzip.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::gzip_bomb;
using attend::test::gzipped;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

namespace {

struct Quiet {  // warnings about BOM and CR are not this test's output
  LogLevel before = log_level();
  Quiet() { set_log_level(LogLevel::error); }
  ~Quiet() { set_log_level(before); }
};

}  // namespace

TEST_CASE("text: lines come without their ends, whether or not the last one has one") {
  const Quiet quiet;
  const Scratch scratch;
  CHECK(read_lines(scratch.file("a", "one\ntwo\n")) == Lines{"one", "two"});
  CHECK(read_lines(scratch.file("b", "one\n\ntwo")) == Lines{"one", "", "two"});
  CHECK(read_lines(scratch.file("c", "\xEF\xBB\xBFone\r\ntwo\r\n")) == Lines{"one", "two"});
  CHECK(read_lines(scratch.file("d", "\n")) == Lines{""});
  CHECK(read_lines(scratch.file("e", "a\u2028b\vc\u0085d\rx\n")) == Lines{"a\u2028b\vc\u0085d\rx"});
}

TEST_CASE("text: CR that end no line are told once a file, and where they make a line too long") {
  const Scratch scratch;
  set_log_level(LogLevel::off);
  const auto log = scratch / "log";
  open_log_file(log);
  CHECK(read_lines(scratch.file("mac", "one\rtwo\rthree\r")) == Lines{"one\rtwo\rthree\r"});
  CHECK(read_lines(scratch / "mac").size() == 1);
  CHECK(read_lines(scratch.file("windows", "one\r\ntwo\r\n")).size() == 2);
  close_log_file();
  set_log_level(LogLevel::info);
  const std::string told = test::slurp(log);
  const auto at = told.find("mac] holds CR without LF, which ends no line");
  CHECK((at != std::string::npos && told.find("holds CR without", at + 20) == std::string::npos &&
         told.find("tr '\\r' '\\n' < FILE") != std::string::npos));
  std::string long_mac;
  while (long_mac.size() < 2 * kMaxLineBytes) long_mac += "a line\r";
  CHECK_THROWS_WITH(read_lines(scratch.file("long_mac", long_mac)), Contains("long_mac:1:1]") && Contains("tr '\\r'"));
}

TEST_CASE("text: long files and long lines cross every buffer unharmed") {
  const Scratch scratch;
  Lines lines;
  std::string text;
  for (std::size_t i = 0; i < 3000; ++i)
    lines.emplace_back((i * 7919) % 500, static_cast<char>('a' + i % 26));
  lines.emplace_back(kMaxLineBytes, 'x');
  for (const std::string& line : lines) text += line + "\n";
  CHECK(read_lines(scratch.file("a", text)) == lines);
}

TEST_CASE("text: every fault is named with file, line and column") {
  const Scratch scratch;
  CHECK_THROWS_AS(read_lines(scratch / "missing"), DataError);
  CHECK_THROWS_WITH(read_lines(scratch / "missing"), Contains("missing") && Contains("No such file"));
  CHECK_THROWS_WITH(read_lines(scratch.path()), Contains("directory"));
  CHECK_THROWS_WITH(read_lines(scratch.file("empty", "")), Contains("empty file"));
  std::string text;
  for (int i = 1; i < 17; ++i) text += "fine\n";
  CHECK_THROWS_WITH(read_lines(scratch.file("latin", text + "gr\xFC\xDFz\n")),
                    Contains("latin:17:3]") && Contains("0xfc"));
  CHECK_THROWS_WITH(read_lines(scratch.file("nul", text + std::string("ab\0c\n", 5))), Contains("nul:17:3]"));
  const std::string too_long(kMaxLineBytes + 1, 'x');
  CHECK_THROWS_WITH(read_lines(scratch.file("long", "a\n" + too_long + "\n")), Contains("long:2:1]"));
  CHECK_THROWS_WITH(read_lines(scratch.file("endless", "a\n" + too_long + too_long)),
                    Contains("endless:2:1]"));
}

TEST_CASE("text: windows hold at most what was asked for, in order, with numbers") {
  const Scratch scratch;
  LineReader reader(scratch.file("a", "1\n2\n3\n4\n5"));
  CHECK(reader.next_window(2) == Lines{"1", "2"});
  CHECK(reader.line_number() == 2);
  CHECK(reader.next_window(2) == Lines{"3", "4"});
  CHECK(reader.next_window(2) == Lines{"5"});
  CHECK(reader.next_window(2).empty());
}

TEST_CASE("text: a pipe that waits for an answer gets one before the window is full") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  LineReader reader("/dev/fd/" + std::to_string(ends[0]));
  REQUIRE(::write(ends[1], "one\ntwo\nthr", 11) == 11);
  CHECK(reader.next_window(100) == Lines{"one", "two"});
  REQUIRE(::write(ends[1], "ee\n", 3) == 3);
  ::close(ends[1]);
  CHECK(reader.next_window(100) == Lines{"three"});
  CHECK(reader.next_window(100).empty());
  ::close(ends[0]);
}

TEST_CASE("gzip: packed text is the text, whatever its name, members and buffers") {
  const Scratch scratch;
  Lines lines;
  std::string text;
  for (std::size_t i = 0; i < 20000; ++i) lines.push_back(std::to_string(i * i) + std::string(i % 97, 'x'));
  for (const std::string& line : lines) text += line + "\n";
  CHECK(read_lines(scratch.file("a.gz", gzipped(text))) == lines);
  CHECK(read_lines(scratch.file("b.txt", gzipped(text))) == lines);
  // As `cat one.gz two.gz` makes it, an empty member between, cut inside a line; zeros are padding of tapes.
  const auto half = text.size() / 2;
  const std::string members = gzipped(text.substr(0, half)) + gzipped("") + gzipped(text.substr(half));
  CHECK(read_lines(scratch.file("c", members)) == lines);
  CHECK(read_lines(scratch.file("d", members + std::string(70000, '\0'))) == lines);
  CHECK(read_lines(scratch.file("e", gzipped("one\r\n\ntwo"))) == Lines{"one", "", "two"});
  CHECK_THROWS_WITH(read_lines(scratch.file("f", gzipped(""))), Contains("empty file"));
}

TEST_CASE("gzip: a stream that ends anywhere but at its end is named") {
  const Scratch scratch;
  std::string text;
  for (std::size_t i = 0; i < 300; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string packed = gzipped(text);
  for (std::size_t size = 2; size < packed.size(); size += size < 20 || size + 20 > packed.size() ? 1 : 37)
    CHECK_THROWS_WITH(read_lines(scratch.file("cut.gz", packed.substr(0, size))),
                      Contains("cut.gz") && Contains("cut short"));
  CHECK_THROWS_AS(read_lines(scratch.file("cut.gz", packed.substr(0, 100))), DataError);
}

TEST_CASE("gzip: a changed byte is noticed, and bytes behind the end") {
  const Scratch scratch;
  std::string text;
  for (std::size_t i = 0; i < 300; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string packed = gzipped(text);
  for (std::size_t at = 10; at < packed.size(); at += 11) {  // the header's time and system do not matter
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CHECK_THROWS_AS(read_lines(scratch.file("damaged.gz", damaged)), DataError);
  }
  CHECK_THROWS_WITH(read_lines(scratch.file("more.gz", packed + "text")), Contains("after its end"));
}

TEST_CASE("gzip: a bomb is refused by its ratio, repetitive text is not") {
  const Scratch scratch;
  LineReader bomb(scratch.file("bomb.gz", gzip_bomb(20)));
  std::string line;
  const auto read_all = [&] {
    while (bomb.next(line)) {
    }
  };
  CHECK_THROWS_WITH(read_all(), Contains("bomb.gz") && Contains("200 times its size"));
  CHECK(bomb.line_number() < 3 << 20);
  CHECK(read_lines(scratch.file("small.gz", gzip_bomb(4))).size() == std::size_t{4} << 17);
}
