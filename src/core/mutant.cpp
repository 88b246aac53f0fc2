#include "attend/core/mutant.h"

#ifdef ATTEND_MUTANTS

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>

namespace attend {
namespace {

std::string chosen() {
  const char* name = std::getenv("ATTEND_MUTANT");
  if (name == nullptr || *name == 0) return "";
  if (std::find(std::begin(kMutants), std::end(kMutants), name) == std::end(kMutants))
    throw std::runtime_error(std::string("no mutant ") + name);
  return name;
}

}  // namespace

bool mutated(std::string_view name) {
  static const std::string now = chosen();
  return now == name;
}

}  // namespace attend

#endif
