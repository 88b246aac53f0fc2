#include "attend/core/file_fault.h"

#include "attend/core/error.h"
#include "attend/core/file.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;
using attend::test::slurp;

namespace {

struct Faults {
  explicit Faults(std::string_view text) { set_file_fault(parse_file_fault(text)); }
  ~Faults() { set_file_fault({}); }
};

std::string error_of(const fs::path& path) {
  try {
    OutputFile file(path);  // operation 1
    file.write("0123456789");  // 2
    file.close();  // 3
  } catch (const WriteError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("file faults: each kind does to a write what a disk does") {
  const Scratch scratch;
  const auto path = scratch / "a";
  struct Case {
    std::string fault, message, content;
  };
  for (const auto& [fault, message, content] :
       {Case{"full@2", "No space left", ""}, Case{"short@2", "No space left", "01234"},
        Case{"io@2", "Input/output error", ""}, Case{"io@3", "Input/output error", "0123456789"},
        Case{"torn@1", "", "0123456789"}, Case{"full@4", "", "0123456789"}, Case{"full@1:b", "", "0123456789"},
        Case{"full@2:a", "No space left", ""}}) {
    INFO(fault);
    const Faults active(fault);
    const auto error = error_of(path);
    CHECK(error.empty() == message.empty());
    CHECK_THAT(error, Catch::Contains(message));
    CHECK(slurp(path) == content);
  }
}

TEST_CASE("file faults: a full disk stays full, an I/O error passes") {
  const Scratch scratch;
  {
    const Faults active("full@2");
    for (int i = 0; i < 3; ++i) CHECK_FALSE(error_of(scratch / "a").empty());
  }
  const Faults active("io@2");
  CHECK_FALSE(error_of(scratch / "a").empty());
  CHECK(error_of(scratch / "a").empty());
}

TEST_CASE("file faults: a rename that fails leaves both names as they were") {
  const Scratch scratch;
  scratch.file("a", "new");
  scratch.file("b", "old");
  const Faults active("io@1");
  CHECK_THROWS_AS(rename_path(scratch / "a", scratch / "b"), WriteError);
  CHECK((slurp(scratch / "a") == "new" && slurp(scratch / "b") == "old"));
}

TEST_CASE("file faults: another text is refused") {
  for (const char* text : {"", "full", "full@", "full@0", "full@x", "fill@1", "@1", "io@-1:a"})
    CHECK_THROWS_AS(parse_file_fault(text), UsageError);
}
