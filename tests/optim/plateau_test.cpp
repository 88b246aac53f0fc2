#include "attend/optim/plateau.h"

#include "attend/core/error.h"
#include "attend/optim/schedule.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

ScheduleConfig plateau(std::int64_t patience, double factor) {
  ScheduleConfig config;
  config.choose(ScheduleType::plateau);
  config.as<PlateauOptions>() = {factor, patience};
  return config;
}

}  // namespace

TEST_CASE("plateau: the rate falls after each `patience` validations without a better one") {
  Plateau schedule(plateau(2, 0.5));
  const auto after = [&](bool better) {
    schedule.observe(better);
    return schedule.factor();
  };
  REQUIRE(after(true) == 1);
  REQUIRE(after(false) == 1);
  REQUIRE(after(true) == 1);
  REQUIRE(after(false) == 1);
  REQUIRE(after(false) == 0.5);
  REQUIRE(after(false) == 0.5);
  REQUIRE(after(false) == 0.25);
}

TEST_CASE("plateau: other schedules do not fall, and a saved one goes on") {
  ScheduleConfig other = plateau(1, 0.5);
  other.choose(ScheduleType::constant);
  Plateau still(other);
  still.observe(false);
  REQUIRE(still.factor() == 1);

  Plateau one(plateau(2, 0.5)), two(plateau(2, 0.5));
  for (int i = 0; i < 3; ++i) one.observe(false);
  Json state;
  one.save(state);
  two.load(state);
  two.observe(false);
  REQUIRE(two.factor() == 0.25);
  REQUIRE_THROWS_AS(two.load(Json::object()), ModelError);
}

TEST_CASE("plateau: the factor scales the schedule, not below min_lr") {
  Schedule schedule;
  schedule.config = plateau(1, 0.5);
  schedule.config.warmup_steps = 10;
  schedule.config.min_lr = 0.1;
  schedule.lr = 0.8;
  schedule.factor = 0.25;
  REQUIRE(schedule.at(5) == Approx(0.1));
  REQUIRE(schedule.at(10) == Approx(0.2));
  schedule.factor = 0.01;
  REQUIRE(schedule.at(100) == Approx(0.1));
}
