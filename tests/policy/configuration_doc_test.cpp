#include <cstdlib>

#include "attend/config/reference.h"
#include "attend/core/file.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("policy: docs/configuration.md is what `attend config reference` prints") {
  const char* checkout = std::getenv("ATTEND_SOURCE");
  const fs::path source = checkout ? checkout : ".";
  const bool equal = read_file(source / "docs/configuration.md", 1 << 20) == config_reference();
  if (!equal) FAIL("renew it with: attend config reference > docs/configuration.md");
}
