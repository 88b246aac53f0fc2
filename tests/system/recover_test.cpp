// Trainings that diverge go back and try again, or end with exit code 6; models are fine-tuned.
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/system/run_files.h"

using namespace attend::test;
using nlohmann::json;

namespace {

json state_of(const TinyRun& tiny, const std::string& checkpoint) {
  return json::parse(slurp(tiny.path("run") / "checkpoints" / checkpoint / "state.json"));
}

// 24 good updates, then a rate that ruins every model.
const Lines kBegin{"training.max_steps=24", "training.save_every=12",   "training.validate_every=12",
                   "training.log_every=2",  "training.guard.window=10", "training.guard.max_skipped=2"};
Lines go_on(int rollbacks) {
  Lines settings = kBegin;
  settings[0] = "training.max_steps=36";
  settings.push_back("training.guard.rollbacks=" + std::to_string(rollbacks));
  settings.push_back("training.optimizer.lr=1e6");
  return settings;
}

}  // namespace

TEST_CASE("recover: a training that diverges goes back with half the rate until it learns again", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train(kBegin), 0, {"final model"});
  check_ends(tiny.train(go_on(100)), 0, {"back to update 24 with half the learning rate", "final model"});
  const auto state = state_of(tiny, "step-00000036");
  const int rollbacks = state["guard"]["rollbacks"];
  CHECK(rollbacks > 10);
  CHECK(rollbacks < 40);
  const auto lines = metrics_of(tiny.path("run"));
  CHECK(lines.back()["nll"].get<double>() < 10);
  for (const auto& line : lines)  // no line of an attempt that was given up
    if (line["split"] == "train") CHECK(line["skipped"] == 0);
}

TEST_CASE("recover: after the last rollback a training ends with exit code 6, and what was good stays", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train(kBegin), 0, {"final model"});
  check_ends(tiny.train(go_on(2)), 6, {"2 of 2 rollbacks are used", "training.optimizer.lr"});
  CHECK(slurp(tiny.path("run") / "last.txt") == "step-00000024\n");
  CHECK(state_of(tiny, "step-00000024")["guard"]["calm"] == true);
  check_ends(tiny.train({"training.max_steps=30", "training.save_every=6", "training.guard.window=10"}), 0,
             {"final model"});
}

TEST_CASE("recover: without a checkpoint to go back to, a training that diverges ends with exit code 6", "[system]") {
  const TinyRun tiny;
  // A rate of t / 100, and a guard that is easily alarmed.
  check_ends(tiny.train({"training.optimizer.lr=1e6", "training.schedule.warmup_steps=100000000",
                         "training.max_steps=200", "training.save_every=190", "training.validate_every=190",
                         "training.guard.window=10", "training.guard.sigma=1"}),
             6, {"no good checkpoint is there"});
}

TEST_CASE("fine-tune: a run starts from another model and its tokenizer, with frozen parts untouched", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({"training.max_steps=60", "training.validate_every=30"}), 0, {"final model"});
  const Lines tune{"output=tuned", "training.initialize_from=run", "training.validate_every=1", "training.max_steps=2",
                   "training.optimizer.groups=[{pattern: 'encoder.*', frozen: true}]"};
  check_ends(tiny.train(tune), 0, {"weights start from run/final", "final model"});
  const auto tensors = [&](const std::string& model) {
    return tiny.attend({"model", "info", model, "--format", "json"});
  };
  check_ends(tensors("tuned"), 0, {});
  std::istringstream metrics(slurp(tiny.path("tuned") / "metrics.jsonl"));
  std::string line;
  std::getline(metrics, line);
  CHECK(json::parse(line)["nll"].get<double>() < 2.9);  // a new model begins at log(15 pieces) and above
  CHECK(slurp(tiny.path("tuned/final") / "vocab.json") == slurp(tiny.path("run/final") / "vocab.json"));

  // The same command goes on, also when the other model is gone; another shape and an unknown pattern are refused.
  tiny.shell("mv run moved");
  auto longer = tune;
  longer[3] = "training.max_steps=3";
  check_ends(tiny.train(longer), 0, {"resuming after update 2"});
  auto other = tune;
  other[0] = "output=other";
  other[1] = "training.initialize_from=moved";
  other.push_back("model.num_heads=2");
  check_ends(tiny.train(other), 3, {"model.num_heads: 4 there, 2 here"});
  other.back() = "training.optimizer.groups=[{pattern: 'encodr.*', frozen: true}]";
  check_ends(tiny.train(other), 3, {"\"encodr.*\", which matches none", "encoder."});
}

TEST_CASE(
    "recipe of everything: EMA, plateau, groups, recompute and every optimizer train, stop and go on in every bit",
    "[system]") {
  const std::string type = GENERATE("adamw", "sgd", "lion", "adafactor");
  const TinyRun tiny;
  const Lines all{"training.optimizer.type=" + type,
                  "training.optimizer.lr=1e-3",
                  "training.ema.decay=0.9",
                  "training.schedule.type=plateau",
                  "training.schedule.patience=1",
                  "model.recompute=true",
                  "model.dropout=0.1",
                  "training.optimizer.groups=[{pattern: '*norm*', lr_scale: 0.5}]"};
  const auto train = [&](const std::string& output, int steps) {
    Lines settings = all;
    settings.push_back("output=" + output);
    settings.push_back("training.max_steps=" + std::to_string(steps));
    check_ends(tiny.train(settings), 0, {"final model"});
  };
  train("straight", 12);
  train("halves", 6);
  train("halves", 12);
  const auto hashes = [&](const std::string& output, const std::string& directory) {
    auto files = json::parse(slurp(tiny.path(output) / directory / "manifest.json")).at("files");
    json kept;
    for (const auto& [name, file] : files.items())
      if (name.ends_with(".safetensors")) kept[name] = file;
    return kept;
  };
  for (const std::string directory : {"checkpoints/step-00000012", "final"})
    CHECK(hashes("straight", directory) == hashes("halves", directory));
  CHECK(hashes("straight", "checkpoints/step-00000012").size() == 3);
}
