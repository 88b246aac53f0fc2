#include <array>

#include "attend/config/config.h"
#include "attend/core/text.h"

namespace attend {
namespace {

struct Suffix {
  std::string_view text;
  PeriodUnit unit;
  std::int64_t factor;
};
// Larger factors first: format_period takes the first that divides.
constexpr std::array kSuffixes{
    Suffix{"Gt", PeriodUnit::target_tokens, 1'000'000'000}, Suffix{"Mt", PeriodUnit::target_tokens, 1'000'000},
    Suffix{"kt", PeriodUnit::target_tokens, 1000},          Suffix{"t", PeriodUnit::target_tokens, 1},
    Suffix{"e", PeriodUnit::epochs, 1},                     Suffix{"", PeriodUnit::updates, 1}};
constexpr std::int64_t kMost = 9'000'000'000'000'000;

}  // namespace

std::string format_period(const Period& period) {
  for (const auto& suffix : kSuffixes)
    if (suffix.unit == period.unit && period.count % suffix.factor == 0)
      return std::to_string(period.count / suffix.factor) + std::string(suffix.text);
  return std::to_string(period.count);
}

std::optional<Period> parse_period(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_int(text.substr(0, digits));
  if (count && (digits == 1 || text[0] != '0'))
    for (const auto& suffix : kSuffixes)
      if (suffix.text == text.substr(digits) && *count >= 1 && *count <= kMost / suffix.factor)
        return Period{*count * suffix.factor, suffix.unit};
  // 1e5 is an integer, as everywhere
  const auto number = parse_double(text);
  if (!number || *number < 1 || *number > static_cast<double>(kMost)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(*number);
  if (static_cast<double>(whole) != *number || text.find_first_not_of("0123456789eE+.") != std::string_view::npos)
    return std::nullopt;
  return Period{whole, PeriodUnit::updates};
}

}  // namespace attend
