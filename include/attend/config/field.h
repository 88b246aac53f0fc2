// What can be said about a field of a config struct, and the types that only configs use.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "attend/config/enums/training.h"

namespace attend {

// What a changed value means when a run is resumed:
//
//   free          the run goes on
//   warned        the run goes on with a warning
//   incomparable  the same, but losses before and after the change cannot be compared
//   new_data      the training data changes: refused unless --continue-with-new-data is given
//   refused       the run does not go on
enum class Resume { free, warned, incomparable, new_data, refused };

// A closed interval of numbers. `open_max` excludes the upper end (a dropout of 1 would drop everything).
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool open_max = false;
};
inline constexpr Range kProbability{0, 1, true};
inline constexpr Range kPositive{1, 9e15};
inline constexpr Range kNotNegative{0, 9e15};

template <class T>
using Auto = std::optional<T>;

// How often something happens: every 500 updates (500), every 2 epochs (2e) or every ten million target tokens (10Mt).
// The units of tokens are t, kt, Mt and Gt.
struct Period {
  std::int64_t count = 500;
  PeriodUnit unit = PeriodUnit::updates;
  bool operator==(const Period&) const = default;
};
// Convert a period to "500", "2e" or "10Mt" and back. parse_period returns nullopt unless the text is a period of at
// least 1.
std::string format_period(const Period& period);
std::optional<Period> parse_period(std::string_view text);

}  // namespace attend
