// The program as a user types it.
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend::test;

namespace {

void check_refused(const std::vector<std::string>& arguments, const std::string& message) {
  const ProcessResult result = run_attend(arguments);
  INFO(result.out << result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(contains(result.err, message));
}

}  // namespace

TEST_CASE("command line: help and version go to standard output") {
  for (const std::string argument : {"--help", "-h", "help"}) {
    const ProcessResult result = run_attend({argument});
    CHECK(result.exit_code == 0);
    CHECK(contains(result.out, "doctor"));
    CHECK(result.err.empty());
  }
  const ProcessResult version = run_attend({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(contains(version.out, "attend 0."));
  CHECK(contains(version.out, "LibTorch 2."));
}

TEST_CASE("command line: every verb in the help has its own, asked for in two ways") {
  for (const std::string verb : {"train", "translate", "generate", "evaluate", "tokenizer", "config", "model", "bench",
                                 "doctor", "completion"}) {
    const ProcessResult all = run_attend({"help"});
    if (!contains(all.out, "\n  " + verb + " ")) continue;
    const ProcessResult asked = run_attend({"help", verb}), flagged = run_attend({verb, "--help"});
    CHECK(asked.exit_code == 0);
    CHECK(contains(asked.out, "Usage: attend " + verb));
    CHECK(asked.out == flagged.out);
  }
}

TEST_CASE("command line: without a verb the help is on standard error, and it is a usage error") {
  const ProcessResult result = run_attend({});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(contains(result.err, "doctor"));
}

TEST_CASE("command line: a mistyped word is refused with the nearest one") {
  check_refused({"docter"}, "unknown verb \"docter\", did you mean \"doctor\"?");
  check_refused({"help", "docter"}, "did you mean \"doctor\"?");
  check_refused({"--verison"}, "unknown option \"--verison\", did you mean \"--version\"?");
  check_refused({"doctor", "--quite"}, "unknown option \"--quite\", did you mean \"--quiet\"?");
  check_refused({"doctor", "banana"}, "unexpected argument \"banana\"");
  check_refused({"banana"}, "see \"attend help\"");
  check_refused({"doctor", "--log-level", "infoo"}, "did you mean \"info\"?");
}

TEST_CASE("command line: a verb, an option and a value that this version has not are unknown") {
  check_refused({"serve", "x"}, "unknown verb \"serve\"");
  check_refused({"model", "export", "a", "b"}, "unknown verb \"export\"");
  check_refused({"generate", "x", "--draft", "y"}, "unknown option \"--draft\"");
  check_refused({"translate", "x", "--precision", "int8"}, "[--precision] expected one of");
}

TEST_CASE("command line: doctor finds this build healthy") {
  const ProcessResult result = run_attend({"doctor"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "libsentencepiece"));
  CHECK_FALSE(contains(result.out, "FAILED"));
}

TEST_CASE("command line: a full standard output is exit code 8") {
  if (!std::filesystem::exists("/dev/full")) return;
  ProcessOptions options;
  options.out_file = "/dev/full";
  for (const std::string verb : {"doctor", "help"}) {
    const ProcessResult result = run_attend({verb}, options);
    CHECK(result.exit_code == 8);
    CHECK(contains(result.err, "standard output"));
  }
}

TEST_CASE("command line: a reader that goes away is no error") {
  const ProcessResult result =
      run_process("sh", {"-c", "{ \"$ATTEND_BINARY\" help; echo \"code $?\" >&2; } | true"});
  CHECK(result.err == "code 0\n");
}
