// What a config is refused with.
#pragma once

#include "attend/config/load.h"
#include "attend/core/error.h"
#include "tests/support/test.h"

template <class Action>
std::string faults_in(Action action) {
  try {
    action();
  } catch (const attend::ConfigError& error) {
    return error.what();
  }
  return "";
}

inline std::string faults_of(const std::string& yaml, const std::vector<std::string>& sets = {}) {
  return faults_in([&] { attend::parse_config(yaml, "a.yaml", sets); });
}

inline auto has(const std::string& part) { return Catch::Matchers::Contains(part); }
