// tests/golden/metrics.json, which scripts/goldens/metrics.py makes.
#pragma once

#include <cstdlib>
#include <string>

#include "attend/core/json.h"
#include "tests/support/scratch.h"

namespace attend::test {

inline const Json& metrics_golden() {
  static const Json json = [] {
    const char* source = std::getenv("ATTEND_SOURCE");
    return parse_json(slurp(std::string(source ? source : ".") + "/tests/golden/metrics.json"),
                      "metrics.json");
  }();
  return json;
}

}  // namespace attend::test
