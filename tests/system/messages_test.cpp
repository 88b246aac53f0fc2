// What a training says of itself: limits, rates, averages, shares, what is kept apart.
#include <filesystem>

#include "tests/system/tiny.h"

using namespace attend::test;

TEST_CASE("messages: a finished run that is started again says that nothing is to be done, and why", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({}), 0, {"which max_steps 6 never reaches", "final model in"});
  check_ends(tiny.train({}), 0, {"resuming after update 6", "nothing to do: training.max_steps 6 is reached"});
  check_ends(tiny.train({"training.max_steps=4"}), 0, {"nothing to do: training.max_steps 4 is reached"});
  const auto longer = tiny.train({"training.max_steps=8"});
  check_ends(longer, 0, {"resuming after update 6"});
  CHECK_FALSE(contains(longer.err, "nothing to do"));
  const Lines still{"output=still", "training.optimizer.lr=1e-30", "training.validate_every=1",
                    "training.early_stopping.patience=2"};  // a loss that stays where it is
  check_ends(tiny.train(still), 0, {"early stopping: 2 validations without a better"});
  check_ends(tiny.train(still), 0, {"nothing to do: early stopping: 2 validations without a better", "patience is 2"});
}

TEST_CASE("messages: a rate that another max_steps moves, and a decay that max_epochs cuts off", "[system]") {
  const TinyRun tiny;
  const Lines cosine{"training.schedule={type: cosine, warmup_steps: 1}"};
  check_ends(tiny.train(cosine), 0, {"final model in"});
  auto longer = cosine;
  longer.push_back("training.max_steps=12");
  // 3e-3 (1 + cos(pi 6 / 11)) / 2 at update 7 of 12; at 0 the old curve had ended.
  check_ends(tiny.train(longer), 0,
             {"the learning rate of update 7 is 0.00128", "and was to be 0", "made for 12 updates instead of 6",
              "decay_steps=6"});
  auto kept = longer;
  kept.push_back("training.schedule.decay_steps=6");
  kept[1] = "training.max_steps=14";
  check_ends(tiny.train(kept), 0, {"resuming after update 12"});
  check_ends(tiny.train({"output=epochs", cosine[0], "training.max_steps=100000", "training.max_epochs=2"}), 0,
             {"cosine reaches min_lr at max_steps, update 100,000", "max_epochs ends the training near update",
              "set schedule.decay_steps"});
}

TEST_CASE("messages: averages of nothing, and a mean that is worse than its last member", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({"training.average_checkpoints=2", "training.save_every=50"}), 0,
             {"of 2 checkpoints to average, none are saved", "no checkpoint lies on the grid of save_every"});
  // The loss of a new model that learns fast falls from update to update, so the mean of its first weights is worse.
  check_ends(tiny.train({"output=mean", "training.average_checkpoints=3", "training.save_every=10",
                         "training.max_steps=30", "training.validate_every=30", "training.schedule.warmup_steps=1"}),
             0, {"the mean of checkpoints is worse than the last of them alone: nll"});
}

TEST_CASE("messages: how often each corpus is read, and what is kept for validation by its name", "[system]") {
  const TinyRun tiny;
  tiny.shell("head -30 train.src > few.src; head -30 train.trg > few.trg");
  const auto two =
      tiny.train({"data.train=[{source: train.src, target: train.trg}, {source: few.src, target: few.trg}]"});
  // Of 300 and 30 pairs an epoch has 165 each.
  check_ends(
      two, 0,
      {"train: read 0.55 times an epoch", "train_2: read 5.50 times an epoch", "equal weights", "10.0 times as often"});
  const auto weighted = tiny.train(
      {"output=weighted",
       "data.train=[{source: train.src, target: train.trg, weight: 10}, {source: few.src, target: few.trg}]"});
  check_ends(weighted, 0, {"train_2: read 1.00 times an epoch"});
  CHECK_FALSE(contains(weighted.err, "equal weights"));
  const auto kept = tiny.train({"output=kept", "data.validation={fraction: 0.2}"});
  check_ends(kept, 0, {"train: train.src and train.trg, ", "validation: train.src and train.trg, "});
}

TEST_CASE("messages: config check tells of files that are not there, and of what train would warn of", "[system]") {
  const TinyRun tiny;
  const auto good = tiny.attend({"config", "check", "tiny.yaml"});
  CHECK((good.exit_code == 0 && !contains(good.err, "is not there")));
  const auto missing = tiny.attend({"config", "check", "tiny.yaml", "--set", "data.train.source=no.txt"});
  check_ends(missing, 0, {"[data.train.source] no.txt is not there"});
  CHECK(contains(missing.out, "ok\n"));
}

TEST_CASE("messages: models of two trainings have no mean, and one given twice counts twice", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({}), 0, {});
  check_ends(tiny.train({"output=other", "seed=2"}), 0, {});
  check_ends(tiny.attend({"model", "average", "run", "other", "--output", "mean"}), 0,
             {"is of another training than run/final (seed 1 and 2"});
  check_ends(tiny.attend({"model", "average", "run", "./run/final", "--output", "twice"}), 0, {"is given twice"});
}
