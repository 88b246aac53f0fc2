// Periods, what is best, and what a checkpoint says about itself.
#include "attend/training/state.h"

#include <cmath>

#include "attend/core/error.h"
#include "attend/storage/manifest.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::Scratch;

namespace {

TrainingState state_at(std::int64_t step, std::int64_t epoch, std::int64_t tokens) {
  TrainingState state;
  state.step = step;
  state.cursor.epoch = epoch;
  state.target_tokens = tokens;
  return state;
}

// The updates after which a period falls due, where an update has 37 target tokens and an epoch 2.5 updates.
std::vector<std::int64_t> due_updates(const Period& period, std::int64_t updates) {
  std::vector<std::int64_t> due;
  for (std::int64_t i = 1; i <= updates; ++i)
    if (is_due(period, Progress(state_at(i - 1, (i - 1) * 2 / 5, 37 * (i - 1))),
               Progress(state_at(i, i * 2 / 5, 37 * i))))
      due.push_back(i);
  return due;
}

}  // namespace

TEST_CASE("periods: updates, epochs and target tokens fall due at the first update that completes them") {
  CHECK(due_updates({4, PeriodUnit::updates}, 12) == std::vector<std::int64_t>{4, 8, 12});
  CHECK(due_updates({1, PeriodUnit::epochs}, 10) == std::vector<std::int64_t>{3, 5, 8, 10});
  CHECK(due_updates({2, PeriodUnit::epochs}, 10) == std::vector<std::int64_t>{5, 10});
  CHECK(due_updates({100, PeriodUnit::target_tokens}, 9) == std::vector<std::int64_t>{3, 6, 9});
  // several periods, once
  CHECK(due_updates({10, PeriodUnit::target_tokens}, 3) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("periods: nothing is due where nothing was done") {
  const Progress now(state_at(40, 4, 400));
  for (const auto unit : {PeriodUnit::updates, PeriodUnit::epochs, PeriodUnit::target_tokens})
    CHECK_FALSE(is_due({4, unit}, now, now));
}

TEST_CASE("best validation: a loss falls, scores rise, no number is never best") {
  BestValidation loss{"nll", std::nullopt, 0, 0}, bleu{"bleu", std::nullopt, 0, 0};
  CHECK_FALSE(loss.add(std::nan(""), 1));
  CHECK((loss.step == 0 && loss.stale == 1));
  CHECK(loss.add(3.0, 2));
  CHECK(loss.add(2.0, 3));
  CHECK_FALSE(loss.add(2.0, 4));
  CHECK_FALSE(loss.add(5.0, 5));
  CHECK((loss.step == 3 && loss.stale == 2 && *loss.value == 2.0));
  CHECK(bleu.add(10.0, 1));
  CHECK_FALSE(bleu.add(9.0, 2));
  CHECK(bleu.add(11.0, 3));
  CHECK((bleu.step == 3 && bleu.stale == 0));
}

TEST_CASE("state: what is saved is loaded, to the last bit") {
  TrainingState state = state_at(41, 3, 123'456'789'012);
  state.cursor.index = 7;
  state.best = {"chrf", 1.0 / 3.0, 40, 1};
  state.validated_step = 40;
  state.wall_seconds = 0.1 + 0.2;
  TrainingState other;
  other.best.metric = "chrf";
  other.load(parse_json(state.save().dump(1), "state.json"));
  CHECK(other.save() == state.save());
  TrainingState fresh;
  fresh.load(TrainingState().save());
  CHECK_FALSE(fresh.best.value);
}

TEST_CASE("state: another metric starts its own search for the best") {
  TrainingState state, other;
  state.best = {"nll", 2.0, 40, 3};
  other.best.metric = "bleu";
  other.load(state.save());
  CHECK((other.best.metric == "bleu" && other.best.step == 0 && other.best.stale == 0 && !other.best.value));
}

TEST_CASE("state: another format is refused and says which program it wants") {
  auto older = TrainingState().save(), newer = older, broken = older;
  older.erase("format");
  newer["format"] = 99;
  broken["epoch"] = "many";
  TrainingState state;
  CHECK_THROWS_WITH(state.load(older), Catch::Contains("older version") && Catch::Contains("expected format 2, got 0"));
  CHECK_THROWS_WITH(state.load(newer), Catch::Contains("newer version"));
  CHECK_THROWS_AS(state.load(broken), ModelError);
}

TEST_CASE("state: a checkpoint remembers whether it is on the grid") {
  const Scratch scratch;
  scratch.file("state.json", R"({"on_grid": true})");
  CHECK_FALSE(is_on_grid(scratch.path()));  // no manifest lists it
  write_manifest(scratch.path());
  CHECK(is_on_grid(scratch.path()));
  for (const char* other : {R"({"on_grid": false})", R"({"on_grid": "yes"})", "{}", "[]", "{"}) {
    scratch.file("state.json", other);
    write_manifest(scratch.path());
    CHECK_FALSE(is_on_grid(scratch.path()));
  }
}

TEST_CASE("state: what ended with the last update is known again, and an older checkpoint ended nothing") {
  const Progress before(state_at(9, 0, 90)), now(state_at(10, 1, 100));
  Json saved = Json::object();
  before.save(saved);
  Progress loaded = now;
  loaded.load(saved);
  CHECK(is_due({5, PeriodUnit::updates}, loaded, now));
  CHECK(is_due({1, PeriodUnit::epochs}, loaded, now));
  CHECK_FALSE(is_due({6, PeriodUnit::updates}, loaded, now));
  Progress older = now;
  older.load(Json::object());
  CHECK_FALSE(is_due({1, PeriodUnit::updates}, older, now));
  for (const char* broken : {R"({"before": 5})", R"({"before": {"updates": -1}})", R"({"before": []})"})
    CHECK_THROWS_AS(older.load(Json::parse(broken)), ModelError);
}
