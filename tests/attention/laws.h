// What the files of laws share: a law runs on every case it is about, and is noted for the matrix.
#pragma once

#include <map>
#include <set>

#include "tests/attention/subject.h"

namespace attend::test {

inline std::map<std::string, std::set<std::string>>& kept_laws() {
  static std::map<std::string, std::set<std::string>> kept;  // by case
  return kept;
}

// Runs a law on every case it is about.
template <class Applies, class Law>
void for_cases(const std::string& name, Applies&& applies, Law&& law) {
  for (const auto& c : law_cases()) {
    if (!applies(c)) continue;
    INFO(c.name());
    law(c);
    kept_laws()[c.name()].insert(name);
  }
}
template <class Law>
void for_cases(const std::string& name, Law&& law) {
  for_cases(name, [](const LawCase&) { return true; }, law);
}

inline at::Tensor first_valid(std::int64_t rows, std::int64_t length, std::int64_t padding, bool left) {
  auto valid = torch::ones({rows, length}, torch::kBool);
  valid.narrow(1, left ? 0 : length - padding, padding).fill_(false);
  return valid;
}

}  // namespace attend::test
