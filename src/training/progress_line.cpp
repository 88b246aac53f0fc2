#include "attend/training/progress_line.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

std::string clock_text(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(seconds));
  const auto two = [](std::int64_t n) { return concat(n < 10 ? "0" : "", n); };
  if (total >= 3600) return concat(total / 3600, ":", two(total / 60 % 60), ":", two(total % 60));
  return concat(total / 60, ":", two(total % 60));
}

namespace {

// Seconds until the first limit is reached, or a negative number where that is not known.
double seconds_left(const ProgressInput& in) {
  double left = -1;
  const auto consider = [&](double seconds) { left = left < 0 ? seconds : std::min(left, seconds); };
  const double per_step = in.seconds / static_cast<double>(std::max<std::int64_t>(in.state.step, 1));
  if (in.config.max_steps > 0) consider(per_step * static_cast<double>(in.config.max_steps - in.state.step));
  if (in.config.max_minutes > 0) consider(60 * in.config.max_minutes - in.seconds);
  return left;
}

}  // namespace

std::string progress_line(const ProgressInput& in) {
  std::string line = concat("update ", format_count(in.state.step));
  if (in.config.max_steps > 0) line += concat("/", format_count(in.config.max_steps));
  // At the end of an epoch the cursor stands in the next one already.
  const double epoch = static_cast<double>(in.state.cursor.epoch) + (in.epoch_part < 1 ? in.epoch_part : 0);
  line += concat("  epoch ", format_fixed(epoch, 2), "  loss ", format_fixed(in.report.mean("loss"), 3), "  ppl ",
                 perplexity_text(in.report.mean("nll")), "  lr ", format_fixed(in.lr, 6), "  |g| ",
                 format_fixed(in.report.gradient_norm, 2), "  ", format_count(std::llround(in.tokens_per_second)),
                 " tok/s");
  const double left = seconds_left(in);
  if (left >= 0) line += concat("  left ", clock_text(left));
  return line;
}

std::string perplexity_text(double nll) {
  constexpr double kMost = 1e6;
  if (!std::isfinite(nll) || nll < std::log(kMost)) return format_fixed(std::exp(nll), 2);
  const double tens = nll / std::numbers::ln10, power = std::floor(tens);
  return concat(format_fixed(std::pow(10.0, tens - power), 1), "e+", static_cast<std::int64_t>(power));
}

std::string validation_line(const Metrics& metrics) {
  std::string line = metrics.set;
  for (const auto& [name, digits] :
       {std::pair{"nll", 4}, {"perplexity", 2}, {"bits_per_byte", 4}, {"bleu", 2}, {"chrf", 2}})
    if (const auto found = metrics.values.find(name); found != metrics.values.end())
      line += concat(line.size() == metrics.set.size() ? " " : "  ", name, " ",
                     name == std::string_view("perplexity") ? perplexity_text(metrics.values.at("nll"))
                                                            : format_fixed(found->second, digits));
  return line;
}

}  // namespace attend
