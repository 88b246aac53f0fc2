// README.md's generated list of the files to read first is as the files are.
#include <string>

#include "tests/support/process.h"
#include "tests/support/test.h"

TEST_CASE("README: the list of files to read first is what scripts/readme_lines writes") {
  const std::string script = attend::test::test_environment("ATTEND_SOURCE") + "/scripts/readme_lines";
  const auto result = attend::test::run_process(script, {"--check"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
}
