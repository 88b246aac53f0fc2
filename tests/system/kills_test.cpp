// scripts/check_kills in short: killed six times, three of them inside a save, and the same run in the end.
#include <iostream>

#include "tests/support/process.h"
#include "tests/support/test.h"

using namespace attend::test;

TEST_CASE("kills: a training killed again and again, also inside a save, ends as one that nobody killed", "[system]") {
  const std::string precision = GENERATE("fp32", "bf16");
  const auto script = test_environment("ATTEND_SOURCE") + "/scripts/check_kills";
  const std::string kills = precision == "fp32" ? "6" : "3", inside = precision == "fp32" ? "3" : "2";
  const auto result = run_process("python3", {script, "--precision", precision, "--kills", kills, "--inside", inside,
                                              "--steps", "90", "--seed", "7"});
  std::cout << result.out;
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, kills + " kills"));
}
