// What a validation measures is what translate and evaluate give; what averages is what final/ is.
#include <nlohmann/json.hpp>

#include "attend/storage/manifest.h"
#include "tests/system/run_files.h"

using namespace attend::test;
using nlohmann::json;

namespace {

const std::vector<std::string> kScores{"training.validate_metrics=[bleu, chrf, loss]", "decoding.beam_size=2"};

std::vector<std::string> with_scores(std::vector<std::string> settings) {
  settings.insert(settings.end(), kScores.begin(), kScores.end());
  return settings;
}

json validate(const TinyRun& tiny, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"validate", "tiny.yaml", "--format", "json", "--set", kScores[0], "--set", kScores[1]});
  const auto result = tiny.attend(arguments);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return json::parse(result.out).at("validation");
}

}  // namespace

TEST_CASE("validate: BLEU and chrF are those of translate and evaluate, and those of training", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train(with_scores({"training.max_steps=120", "training.validate_every=60", "training.save_every=60"}))
              .exit_code == 0);
  const json got = validate(tiny, {"--model", "run"});
  REQUIRE(tiny.attend({"translate", "run", "--input", "validation.src", "--output", "out", "--beam", "2", "--device",
                       "cpu", "--threads", "1", "--precision", "fp32"})
              .exit_code == 0);
  const auto evaluated =
      tiny.attend({"evaluate", "--hypothesis", "out", "--reference", "validation.trg", "--format", "json"});
  const json expected = json::parse(evaluated.out);
  CHECK(got.at("bleu") == expected.at("bleu").at("score"));
  CHECK(got.at("chrf") == expected.at("chrf").at("score"));
  CHECK(got.at("chrf").get<double>() > 0);

  const auto lines = metrics_of(tiny.path("run"));
  CHECK(lines.back().at("model") == "final");
  for (const std::string name : {"nll", "perplexity", "bleu", "chrf", "loss"})
    CHECK(lines.back().at(name) == got.at(name));
}

TEST_CASE(
    "validate: the default is what translate takes, final/ and before that the best checkpoint; --batches takes a part",
    "[system]") {
  const TinyRun tiny;
  REQUIRE(
      tiny.train(with_scores({"training.max_steps=4", "training.validate_every=2", "data.batch.size=8"})).exit_code ==
      0);
  const auto best = slurp(tiny.path("run/best.txt"));
  check_ends(tiny.attend({"validate", "tiny.yaml"}), 0, {"validating run/final"});
  std::filesystem::rename(tiny.path("run/final"), tiny.path("kept"));
  const auto result = tiny.attend({"validate", "tiny.yaml"});
  check_ends(result, 0, {"validating run/checkpoints/" + best.substr(0, best.find('\n'))});
  std::filesystem::rename(tiny.path("kept"), tiny.path("run/final"));
  CHECK(contains(result.out, "validation nll "));
  const json all = validate(tiny, {"--set", "data.batch.size=8"}),
             part = validate(tiny, {"--set", "data.batch.size=8", "--batches", "2"});
  CHECK(all.at("nll") != part.at("nll"));
  CHECK(all.at("chrf") != part.at("chrf"));
  check_ends(tiny.attend({"validate", "tiny.yaml", "--model", "nowhere"}), 5, {"nowhere"});
  check_ends(tiny.attend({"validate", "tiny.yaml", "--set", "data.validation.source=nowhere"}), 4, {"nowhere"});
}

TEST_CASE("validate: every set is measured, the first one decides", "[system]") {
  const TinyRun tiny;
  const std::string sets = "data.validation=[{name: short, source: validation.src, target: validation.trg}, "
                           "{name: held_out, source: test.src, target: test.trg}]";
  const auto result = tiny.train({sets, "training.validate_metrics=[chrf, loss]"});
  check_ends(result, 0, {"short nll", "held_out nll"});
  int sets_seen = 0;
  for (const auto& line : metrics_of(tiny.path("run")))
    sets_seen += line.at("split") == "short" || line.at("split") == "held_out";
  CHECK(sets_seen == 6);  // two validations and the final one
  const json state = json::parse(slurp(tiny.path("run/checkpoints/step-00000006/state.json")));
  CHECK(state.at("best").at("metric") == "chrf");
}

TEST_CASE("validate: with average_checkpoints, a validation measures what final/ would be", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train({"training.max_steps=9", "training.average_checkpoints=2", "training.early_stopping.patience=9"})
              .exit_code == 0);
  const auto lines = metrics_of(tiny.path("run"));
  REQUIRE(lines.size() > 2);
  const json &last = lines[lines.size() - 2], &final_model = lines.back();
  CHECK((last.at("split") == "validation" && !last.contains("model") && final_model.at("model") == "final"));
  CHECK(last.at("nll") == final_model.at("nll"));
}

TEST_CASE("model average: the mean of the last checkpoints is the final/ of a run that averages them", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train({"training.max_steps=9", "training.average_checkpoints=2"}).exit_code == 0);
  check_ends(tiny.attend({"model", "average", "run/checkpoints/step-00000006", "run/checkpoints/step-00000009",
                          "--output", "mean"}),
             0, {"the mean of 2"});
  CHECK(weights_hash(tiny.path("mean")) == weights_hash(tiny.path("run/final")));
  CHECK(tiny.attend({"translate", "mean", "--input", "test.src"}).exit_code == 0);
  check_ends(tiny.attend({"model", "average", "run", "run", "--output", "mean"}), 2, {"mean", "choose another"});
  check_ends(tiny.attend({"model", "average", "run", "--output", "one"}), 2, {"at least two"});
  REQUIRE(tiny.train({"output=other", "model.d_ff=64"}).exit_code == 0);
  check_ends(tiny.attend({"model", "average", "run", "other", "--output", "odd"}), 5, {"other", "one shape"});
  CHECK_FALSE(std::filesystem::exists(tiny.path("odd")));
}

TEST_CASE("early stopping: ends after `patience` validations without a better one, and a resumed run stays ended",
          "[system]") {
  const TinyRun tiny;
  const std::vector<std::string> settings{"training.max_steps=300", "training.validate_every=2",
                                          "training.early_stopping.patience=3", "training.optimizer.lr=0.3",
                                          "training.schedule.warmup_steps=1"};
  const auto result = tiny.train(settings);
  check_ends(result, 0, {"early stopping: 3 validations without a better nll"});
  const auto lines = metrics_of(tiny.path("run"));
  const auto end = lines.back().at("step").get<int>();
  CHECK(end < 300);
  check_ends(tiny.train(settings), 0, {"resuming after update " + std::to_string(end)});
  CHECK(metrics_of(tiny.path("run")).back().at("step") == end);
}
