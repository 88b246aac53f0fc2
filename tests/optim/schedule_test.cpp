// Learning rates against numbers worked out by hand.
#include "attend/optim/schedule.h"

#include <cmath>

#include "tests/support/test.h"

using namespace attend;

namespace {

Schedule schedule_of(ScheduleType type, std::int64_t warmup, double lr) {
  Schedule schedule;
  schedule.config.choose(type);
  schedule.config.warmup_steps = warmup;
  schedule.lr = lr;
  schedule.d_model = 512;
  schedule.max_steps = 1100;
  return schedule;
}

// Where the curve has an end.
void set_end(Schedule& schedule, std::int64_t step) {
  if (auto* cosine = schedule.config.find<CosineOptions>()) cosine->decay_steps = step;
  if (auto* line = schedule.config.find<LinearDecayOptions>()) line->decay_steps = step;
}

}  // namespace

TEST_CASE("schedule: every type warms up on a line to its peak") {
  const auto type =
      GENERATE(ScheduleType::inverse_sqrt, ScheduleType::cosine, ScheduleType::linear, ScheduleType::constant);
  auto schedule = schedule_of(type, 100, 0.5);
  REQUIRE(schedule.at(1) == Approx(0.005));
  REQUIRE(schedule.at(50) == Approx(0.25));
  REQUIRE(schedule.at(100) == Approx(0.5));
  REQUIRE(schedule.peak_step() == 100);
  schedule.config.warmup_init_lr = 0.1;
  REQUIRE(schedule.at(50) == Approx(0.3));
  schedule.config.warmup_steps = 0;
  REQUIRE(schedule.at(1) == Approx(0.5).epsilon(0.01));
}

TEST_CASE("schedule: inverse_sqrt halves when the steps are four times as many") {
  const auto schedule = schedule_of(ScheduleType::inverse_sqrt, 100, 0.5);
  REQUIRE(schedule.at(400) == Approx(0.25));
  REQUIRE(schedule.at(2500) == Approx(0.1));
}

TEST_CASE("schedule: noam is the formula of the paper") {
  const auto schedule = schedule_of(ScheduleType::noam, 4000, 2.0);
  for (const std::int64_t t : {1, 2000, 4000, 16000}) {
    const double step = static_cast<double>(t);
    const double expected = 2.0 * std::pow(512.0, -0.5) * std::min(std::pow(step, -0.5), step * std::pow(4000.0, -1.5));
    REQUIRE(schedule.at(t) == Approx(expected));
  }
  REQUIRE(schedule.at(4000) == Approx(2 * 6.98771e-4).epsilon(1e-4));
}

TEST_CASE("schedule: cosine and linear end at min_lr and stay there") {
  auto schedule = schedule_of(GENERATE(ScheduleType::cosine, ScheduleType::linear), 100, 0.5);
  schedule.config.min_lr = 0.1;
  REQUIRE(schedule.at(600) == Approx(0.3));  // half-way
  REQUIRE(schedule.at(1100) == Approx(0.1));
  REQUIRE(schedule.at(5000) == Approx(0.1));
  const double quarter = schedule.config.type() == ScheduleType::cosine ? 0.1 + 0.4 * 0.8535534 : 0.4;
  REQUIRE(schedule.at(350) == Approx(quarter));
  set_end(schedule, 300);
  REQUIRE(schedule.at(200) == Approx(0.3));
  REQUIRE(schedule.at(301) == Approx(0.1));
}

TEST_CASE("schedule: constant stays, and no type falls below min_lr") {
  REQUIRE(schedule_of(ScheduleType::constant, 10, 0.5).at(100000) == Approx(0.5));
  auto schedule = schedule_of(GENERATE(from_range(values_of<ScheduleType>())), 10, 0.5);
  schedule.config.min_lr = 1e-3;
  REQUIRE(schedule.at(100'000'000) >= 1e-3);
}

TEST_CASE("schedule: its end is that of the decay, and of the warm-up where nothing decays to an end") {
  for (const auto type : values_of<ScheduleType>()) {
    const bool decays = type == ScheduleType::cosine || type == ScheduleType::linear;
    auto schedule = schedule_of(type, 100, 0.5);
    CHECK(schedule.end() == (decays ? 1100 : 100));
    set_end(schedule, 700);
    CHECK(schedule.end() == (decays ? 700 : 100));
    if (decays) CHECK(schedule.at(700) == Approx(schedule.config.min_lr).margin(1e-12));
  }
}
