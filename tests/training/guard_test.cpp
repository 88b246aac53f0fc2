// When a training counts as diverged, and that nothing of it is forgotten by a stop.
#include "attend/training/guard.h"

#include <torch/types.h>

#include <random>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

UpdateResult update_of(double loss) {
  const auto scalar = [](double x) { return torch::tensor(x, torch::kFloat64); };
  return {{{"loss", scalar(loss * 4), scalar(4)}}, torch::tensor(1.0f), torch::tensor(std::isfinite(loss))};
}

void add(Guard& guard, double loss, int times = 1) {
  for (int i = 0; i < times; ++i) guard.add(update_of(loss));
}

// Losses around 3 with a standard deviation of 0.2.
void add_noise(Guard& guard, int times, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> loss(3.0, 0.2);
  for (int i = 0; i < times; ++i) add(guard, loss(random));
}

GuardConfig config_of(std::int64_t window) {
  GuardConfig config;
  config.max_skipped = 3;
  config.window = window;
  return config;
}

}  // namespace

TEST_CASE("guard: max_skipped updates in a row are a fault, fewer are not") {
  Guard guard(config_of(100));
  add(guard, 2.0);
  for (int i = 0; i < 5; ++i) {
    add(guard, kNone, 2);
    add(guard, 2.0);
  }
  REQUIRE(guard.fault().empty());
  REQUIRE(guard.calm());
  add(guard, kNone, 2);
  REQUIRE(guard.fault().empty());
  REQUIRE_FALSE(guard.calm());
  add(guard, kNone);
  REQUIRE_THAT(guard.fault(), Catch::Contains("3 updates in a row"));
}

TEST_CASE("guard: losses of before a change that makes losses others are forgotten") {
  Guard before(config_of(200), "label_smoothing: 0");
  add_noise(before, 300);
  Json state;
  before.save(state);
  for (const std::string now : {"label_smoothing: 0", "label_smoothing: 0.2"}) {
    Guard after(config_of(200), now);
    after.load(state);
    add(after, 6.0, 70);
    CHECK(after.fault().empty() == (now != "label_smoothing: 0"));
  }
  Config config, other;
  other.data.tokenizer.source.sampling.alpha = other.data.tokenizer.target.sampling.alpha = 0.1;
  other.training.max_steps = 7;
  other.training.optimizer.lr = 7;
  CHECK(keys_of_losses(config).empty());
  CHECK(keys_of_losses(other).find("sampling.alpha: 0.1") != std::string::npos);
  CHECK(keys_of_losses(other).find("training.") == std::string::npos);
}

TEST_CASE("guard: one bad batch is no fault, a loss that stays up is") {
  Guard guard(config_of(200));
  add_noise(guard, 300);
  add(guard, 9.0);
  add_noise(guard, 30, 2);
  REQUIRE(guard.fault().empty());
  REQUIRE(guard.calm());
  add(guard, 5.5, 6);
  REQUIRE(guard.fault().empty());
  REQUIRE_FALSE(guard.calm());
  add(guard, 9.0, 40);
  REQUIRE(guard.fault().empty());
  add(guard, 9.0, 20);
  REQUIRE_THAT(guard.fault(), Catch::Contains("standard deviations above") &&
                                  Catch::Contains("did not fall again in 50 updates (training.guard.sigma=0"));
}

TEST_CASE("guard: a text that changes is no fault where the model learns it, nor is a spike") {
  Guard dull(config_of(1000)), spike(config_of(1000));
  add(dull, 5.5, 20);
  add(dull, 0.01, 900);
  for (int i = 0; i < 600; ++i) {  // another text: from 8 down to 2.4, as fast as a small model learns
    add(dull, 2.4 + 5.6 * std::exp(-i / 40.0));
    INFO(i);
    REQUIRE(dull.fault().empty());
  }
  CHECK(dull.calm());
  add_noise(spike, 300);
  for (int i = 0; i < 30; ++i) {
    add(spike, 3 + 9 * std::exp(-i / 10.0));
    if (i == 5) CHECK_FALSE(spike.calm());
  }
  add_noise(spike, 300, 2);
  CHECK(spike.fault().empty());
  CHECK(spike.calm());
}

TEST_CASE("guard: a loss that jumps up and stays there is a fault, though it is below that of a new model") {
  Guard guard(config_of(500));
  add(guard, 10.0, 20);
  add_noise(guard, 900);
  std::mt19937 random(3);
  std::normal_distribution<double> loss(6.5, 0.4);
  for (int i = 0; i < 80; ++i) add(guard, loss(random));
  CHECK_THAT(guard.fault(), Catch::Contains("did not fall again"));
}

TEST_CASE("guard: a stop in the middle of a rise changes nothing") {
  Guard whole(config_of(200)), first(config_of(200)), second(config_of(200));
  for (Guard* guard : {&whole, &first}) {
    add_noise(*guard, 300);
    add(*guard, 6.0, 30);
  }
  Json state, again;
  first.save(state);
  CHECK_FALSE(Guard::was_calm(state));
  second.load(Json::parse(state.dump()));
  second.save(again);
  CHECK(again == state);
  for (int i = 0; i < 40; ++i) {
    add(whole, 6.0);
    add(second, 6.0);
    REQUIRE(whole.fault() == second.fault());
  }
  CHECK_FALSE(whole.fault().empty());
}

TEST_CASE("guard: a falling loss, a short history and sigma 0 are no fault") {
  Guard falling(config_of(100)), young(config_of(1000));
  for (int i = 0; i < 500; ++i) add(falling, 9.0 * std::exp(-0.01 * i));
  REQUIRE(falling.fault().empty());
  add_noise(young, 90);
  add(young, 100.0, 15);
  REQUIRE(young.fault().empty());
  auto off = config_of(100);
  off.sigma = 0;
  Guard unguarded(off);
  add_noise(unguarded, 300);
  add(unguarded, 100.0, 10);
  REQUIRE(unguarded.fault().empty());
  REQUIRE(unguarded.calm());
}

TEST_CASE("guard: what is saved and loaded goes on as if nothing had happened; when somebody looks is no matter") {
  Guard whole(config_of(50)), first(config_of(50)), second(config_of(50));
  const auto play = [](Guard& guard, int from, int to) {
    std::mt19937 random(7);
    for (int i = 0; i < to; ++i) {
      const double loss = random() % 7 == 0 ? kNone : 2.0 + 1e-9 * static_cast<double>(random());
      if (i >= from) add(guard, loss);
    }
  };
  play(whole, 0, 90);
  play(first, 0, 41);
  first.set_rollbacks(2);
  Json state, again, end, expected;
  first.save(state);
  REQUIRE(Guard::was_calm(state) == first.calm());
  second.load(Json::parse(state.dump()));
  second.save(again);
  REQUIRE(again == state);
  REQUIRE(second.lr_factor() == 0.25);
  play(second, 41, 90);
  second.set_rollbacks(0);
  second.save(end);
  whole.save(expected);
  REQUIRE(end == expected);
  REQUIRE_THROWS_AS(second.load(Json::object()), ModelError);
  REQUIRE_FALSE(Guard::was_calm(Json::object()));
}
