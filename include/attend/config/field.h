// What a field of a config struct can be said about, and the types that only configs use.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "attend/config/enums.h"

namespace attend {

// What a changed value means when a run is resumed. incomparable: warned of too, and the same weights now have other losses;
// new_data: it changes what is trained on, so it is refused unless --continue-with-new-data is given.
enum class Resume { free, warned, incomparable, new_data, refused };

// Closed interval of a number; `open_max` excludes the upper end (a dropout of 1 drops everything).
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

// How often something happens: 500 (updates), 2e (epochs), 10Mt (target tokens; t, kt, Mt or Gt).
struct Period {
  std::int64_t count = 500;
  PeriodUnit unit = PeriodUnit::updates;
  bool operator==(const Period&) const = default;
};
// "500", "2e", "10Mt"; parsing gives nothing for what is no period of at least 1.
std::string format_period(const Period& period);
std::optional<Period> parse_period(std::string_view text);

}  // namespace attend
