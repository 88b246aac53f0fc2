// A model from training to evaluation, as a user types it.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/system/tiny.h"

namespace fs = std::filesystem;
using namespace attend::test;
using nlohmann::json;

namespace {

ProcessResult translate(const TinyRun& tiny, const std::string& input, const Lines& options = {}) {
  Lines arguments{"translate", "run", "--device", "cpu", "--precision", "fp32", "--threads", "1"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  ProcessOptions process;
  process.input = input;
  return tiny.attend(arguments, process);
}

}  // namespace

TEST_CASE("use: train, translate in every format, evaluate", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({"training.max_steps=60", "training.validate_every=60", "training.save_every=60"}), 0,
             {"final model"});

  const auto text = translate(tiny, "abc\n\ndefg\n");
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  const Lines lines = lines_of(text.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].empty());
  CHECK(translate(tiny, "").out.empty());
  CHECK(translate(tiny, "abc").out == lines[0] + "\n");  // a last line without its end

  const Lines nbest = lines_of(translate(tiny, "abc\ndefg\n", {"--nbest", "3"}).out);
  REQUIRE(nbest.size() == 6);
  CHECK(nbest[0].starts_with("0 ||| " + lines[0] + " ||| log_prob= "));
  CHECK(nbest[3].starts_with("1 ||| " + lines[2] + " ||| log_prob= "));

  const Lines rows =
      lines_of(translate(tiny, "abc\n\ndefg\n", {"--format", "jsonl", "--nbest", "2", "--token-scores"}).out);
  REQUIRE(rows.size() == 3);
  const json third = json::parse(rows[2]);
  CHECK(third["line"] == 3);
  CHECK(third["hypotheses"].size() == 2);
  const json& best = third["hypotheses"][0];
  CHECK(best["text"] == lines[2]);
  CHECK(best["token_ids"].size() == best["token_log_probs"].size());
  double sum = 0;
  for (const auto& value : best["token_log_probs"]) sum += value.get<double>();
  CHECK(sum == Approx(best["log_prob"].get<double>()).margin(1e-4));

  CHECK(translate(tiny, "", {"--input", "test.src", "--output", "test.out"}).exit_code == 0);
  CHECK(lines_of(slurp(tiny.path("test.out"))).size() == 100);
  const auto scores = tiny.attend(
      {"evaluate", "--hypothesis", "test.out", "--reference", "test.trg", "--metric", "bleu,chrf", "--format", "json"});
  INFO(scores.err);
  REQUIRE(scores.exit_code == 0);
  const double chrf = json::parse(scores.out)["chrf"]["score"].get<double>();
  CHECK((chrf >= 0 && chrf <= 100));
}

TEST_CASE("use: a resumed run passes, warns of or refuses what was changed", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  const auto freely = tiny.train({"training.max_steps=7", "training.log_every=1"});
  check_ends(freely, 0, {"resuming after update 6"});
  CHECK_FALSE(contains(freely.err, "changed"));
  check_ends(tiny.train({"training.max_steps=8", "training.optimizer.lr=1e-3"}), 0,
             {"resuming after update 7", "training.optimizer.lr: 0.003 -> 0.001"});
  const auto before = slurp(tiny.path("run/final/manifest.json"));
  check_ends(tiny.train({"training.max_steps=9", "model.d_ff=256", "seed=2"}), 3,
             {"model.d_ff: 128 -> 256", "seed: 1 -> 2", "--fresh"});
  CHECK(slurp(tiny.path("run/final/manifest.json")) == before);

  const auto fresh = tiny.train({"model.d_ff=256"}, {"--fresh"});
  check_ends(fresh, 0, {"the former run is now", "run.old-1"});
  CHECK_FALSE(contains(fresh.err, "resuming"));
  CHECK(slurp(tiny.path("run.old-1/final/manifest.json")) == before);
  CHECK(slurp(tiny.path("run/final/manifest.json")) != before);
}

TEST_CASE("use: model info says what a model is", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  const auto text = tiny.attend({"model", "info", "run"});
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  for (const std::string part : {"run/final", "translation", "1 + 1 layers, width 64", "encoder", "decoder", "char",
                                 "12 shared", "F32", "model.safetensors", "hashes        ok"})
    CHECK(contains(text.out, part));
  const auto checkpoint = tiny.attend({"model", "info", "run/checkpoints/step-00000003", "--format", "json"});
  REQUIRE(checkpoint.exit_code == 0);
  const json info = json::parse(checkpoint.out);
  CHECK(info["step"] == 3);
  CHECK(info["hashes"] == "ok");
  std::int64_t sum = 0;
  for (const auto& [part, count] : info["parameters"].items()) sum += part == "total" ? 0 : count.get<std::int64_t>();
  CHECK(sum == info["parameters"]["total"]);
  CHECK(info["files"]["model.safetensors"] ==
        fs::file_size(tiny.path("run/checkpoints/step-00000003/model.safetensors")));
}
