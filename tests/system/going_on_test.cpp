// A run that goes on: with its data elsewhere, with other data, with another validation set or none, with a tokenizer
// it lacked.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/system/run_files.h"

namespace fs = std::filesystem;
using namespace attend::test;
using nlohmann::json;

namespace {

json state_of(const TinyRun& tiny, const std::string& checkpoint) {
  return json::parse(slurp(tiny.path(checkpoint) / "state.json"));
}

// Hashes of all that training made; what a checkpoint says of itself holds clocks and paths.
json tensors_of(const TinyRun& tiny, const std::string& checkpoint) {
  json kept;
  const json files = json::parse(slurp(tiny.path(checkpoint) / "manifest.json"));
  for (const auto& [name, file] : files.at("files").items())
    if (name.ends_with(".safetensors")) kept[name] = file;
  return kept;
}

// A tenth more lines than there were.
void add_lines(const TinyRun& tiny) {
  const Lines more = random_words(30, 77);
  for (const std::string name : {"train.src", "train.trg"})
    tiny.scratch.file(name, slurp(tiny.path(name)) + text_of(more));
}

const Lines kMoved{"data.train.source=moved/train.src", "data.train.target=moved/train.trg",
                   "data.validation.source=moved/validation.src", "data.validation.target=moved/validation.trg"};

Lines with(Lines settings, const Lines& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

}  // namespace

TEST_CASE(
    "going on: a run whose data has moved is the run whose data stayed, in every bit; other text is noticed there",
    "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({"output=straight", "training.max_steps=9"}), 0, {});
  check_ends(tiny.train(), 0, {});
  tiny.shell("mkdir moved; cp train.* validation.* moved; mv train.src elsewhere");
  const auto result = tiny.train(with(kMoved, {"training.max_steps=9"}));
  check_ends(result, 0, {"resuming after update 6"});
  CHECK_FALSE(contains(result.err, "changed since"));
  CHECK_FALSE(contains(result.err, "looked for anew"));
  CHECK(tensors_of(tiny, "run/checkpoints/step-00000009") == tensors_of(tiny, "straight/checkpoints/step-00000009"));
  // A copy of the run without its cache knows its data still: the checkpoint does.
  tiny.shell(
      "rm -r run/data; tail -n +2 moved/train.src > cut; mv cut moved/train.src; tail -n +2 moved/train.trg > cut; mv "
      "cut moved/train.trg");
  check_ends(tiny.train(with(kMoved, {"training.max_steps=12"})), 4,
             {"moved/train.src", "the text that this run trained on", "bytes instead of", "--continue-with-new-data"});
}

TEST_CASE(
    "going on: with a tenth more data weights, optimizer and update stay, a new epoch begins, and it goes on exactly",
    "[system]") {
  const TinyRun tiny;
  const Lines small{"data.batch.size=32"};  // ten batches an epoch
  check_ends(tiny.train(small), 0, {});
  tiny.shell("cp -r run halves");
  add_lines(tiny);
  const Lines steps = with(small, {"training.max_steps=12"});
  check_ends(tiny.train(steps), 4, {"train.src", "the text that this run trained on", "--continue-with-new-data"});

  const auto result = tiny.train(steps, {"--continue-with-new-data"});
  check_ends(result, 0,
             {"other text: train.src and train.trg, 330 pairs", "before: train.src and train.trg, 300 pairs",
              "resuming after update 6", "epoch 1 begins with the new data"});
  CHECK_FALSE(contains(result.err, "looked for anew"));
  const auto lines = metrics_of(tiny.path("run"));
  CHECK(lines.front().at("epoch") == 0);
  for (const auto& line : lines)
    if (line.at("step").get<int>() > 6) CHECK(line.at("epoch") == 1);
  CHECK(state_of(tiny, "run/checkpoints/step-00000012").at("data").at("train-1").at("counts").at("pairs") == 330);

  // Stopped on the way, and without the flag from there on: the same weights. With it again nothing is new.
  const Lines halves = with(small, {"output=halves", "training.max_steps=9"});
  check_ends(tiny.train(halves, {"--continue-with-new-data"}), 0, {"epoch 1 begins"});
  const auto again = tiny.train(with(steps, {"output=halves"}));
  check_ends(again, 0, {"resuming after update 9"});
  CHECK(tensors_of(tiny, "halves/checkpoints/step-00000012") == tensors_of(tiny, "run/checkpoints/step-00000012"));
  const auto unchanged = tiny.train(with(steps, {"training.max_steps=13"}), {"--continue-with-new-data"});
  check_ends(unchanged, 0, {"resuming after update 12"});
  CHECK_FALSE(contains(unchanged.err, "begins with the new data"));
}

TEST_CASE("going on: another corpus, other prefixes and another held-out share are new data", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {});
  const std::string two =
      "data.train=[{source: train.src, target: train.trg}, {name: more, source: test.src, target: test.trg}]";
  const Lines more{two, "training.max_steps=8"};
  check_ends(tiny.train(more), 3, {"data.train: 1 corpora -> 2", "--continue-with-new-data"});
  check_ends(tiny.train({"data.train.source_prefix=a", "training.max_steps=8"}), 3,
             {"data.train.source_prefix", "--continue-with-new-data"});
  check_ends(tiny.train(more, {"--continue-with-new-data"}), 0,
             {"new: test.src and test.trg, 100 pairs", "begins with the new data"});
  check_ends(tiny.train({two, "training.max_steps=9"}), 0, {"resuming after update 8"});
  const auto refused = tiny.train({two, "training.max_steps=10", "model.d_ff=64"}, {"--continue-with-new-data"});
  check_ends(refused, 3, {"model.d_ff: 128 -> 64"});
  CHECK_FALSE(contains(refused.err, "--continue-with-new-data"));
}

TEST_CASE("going on: another validation set is taken, and the best is looked for anew", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {});
  const Lines other{"training.max_steps=9", "data.validation.source=test.src", "data.validation.target=test.trg"};
  check_ends(tiny.train(other), 0,
             {"resuming after update 6", "the validation sets are not what they were: the best is looked for anew"});
  CHECK(state_of(tiny, "run/checkpoints/step-00000009").at("best").at("step") == 9);
  const auto again = tiny.train(with(other, {"training.max_steps=10"}));
  check_ends(again, 0, {"resuming after update 9"});
  CHECK_FALSE(contains(again.err, "looked for anew"));
}

TEST_CASE("going on: without a validation set nothing is measured, and one may come later", "[system]") {
  const TinyRun tiny;
  const Lines none{"data.validation=null"};
  check_ends(tiny.train(none), 0, {"no validation set: nothing is measured", "final model in"});
  for (const auto& line : metrics_of(tiny.path("run"))) CHECK(line.at("split") == "train");
  CHECK(weights_hash(tiny.path("run/final")) == weights_hash(tiny.path("run/checkpoints/step-00000006")));
  CHECK_FALSE(fs::exists(tiny.path("run/best.txt")));
  CHECK(tiny.attend({"translate", "run", "--input", "test.src"}).exit_code == 0);
  check_ends(tiny.attend({"validate", "tiny.yaml", "--set", "data.validation=null"}), 3,
             {"data.validation", "fraction"});
  check_ends(tiny.attend({"config", "check", "tiny.yaml", "--set", "data.validation=null"}), 0, {});
  check_ends(tiny.train(with(none, {"output=mean", "training.average_checkpoints=2"})), 0, {});
  check_ends(tiny.attend({"model", "average", "mean", "--last", "2", "--output", "by_hand"}), 0, {"the mean of 2"});
  CHECK(weights_hash(tiny.path("by_hand")) == weights_hash(tiny.path("mean/final")));
  check_ends(tiny.train({"training.max_steps=9"}), 0, {"resuming after update 6", "validation nll", "(best)"});
  CHECK(slurp(tiny.path("run/best.txt")) == "step-00000009\n");
  check_ends(tiny.train(with(none, {"training.max_steps=10"})), 0, {"resuming after update 9", "final model in"});
}

TEST_CASE("going on: the tokenizer's file may move as well, but it must be the same", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train({"output=first"}), 0, {});
  tiny.shell("cp first/final/vocab.json one.json; cp one.json two.json");
  check_ends(tiny.train({"data.tokenizer.model=one.json"}), 0, {});
  check_ends(tiny.train({"data.tokenizer.model=two.json", "training.max_steps=7"}), 0, {"resuming after update 6"});
  check_ends(tiny.train({"training.max_steps=8"}), 0,
             {"the run's own, which came from two.json", "resuming after update 7"});
  tiny.shell("rm two.json");
  // as is, it need not be there
  check_ends(tiny.train({"data.tokenizer.model=two.json", "training.max_steps=9"}), 0, {"resuming after update 8"});
  tiny.shell("cp one.json two.json; sed -i 's/\"a\"/\"A\"/' two.json");
  check_ends(tiny.train({"data.tokenizer.model=two.json", "training.max_steps=10"}), 3,
             {"expected the tokenizer of this run, got another in two.json"});
}

TEST_CASE("going on: a run of ids alone is given the tokenizer that made them", "[system]") {
  const TinyRun tiny;
  const std::string text = slurp(tiny.path("train.src"));
  check_ends(tiny.attend({"tokenizer", "train", "--input", "train.src", "--output", "letters.json", "--type", "char"}),
             0, {});
  const auto encoded = tiny.attend({"tokenizer", "encode", "letters.json", "--input", "train.src", "--ids"});
  REQUIRE(encoded.exit_code == 0);
  std::string ids;
  std::istringstream all(encoded.out);
  for (int id; all >> id;) ids += {static_cast<char>(id), '\0'};
  tiny.scratch.file("ids.bin", ids);
  tiny.scratch.file(
      "ids.yaml",
      "task: language_model\noutput: ids\nruntime: {device: cpu, precision: fp32, threads: 1}\n"
      "data: {train: {tokens: {file: ids.bin, vocab_size: 16}}, block_size: 8, sampling: random_blocks, batch: {size: "
      "4, unit: sequences}}\n"
      "model: {architecture: decoder, d_model: 16, num_heads: 2, d_ff: 32, decoder_layers: 1, position: {type: rope}}\n"
      "training: {max_steps: 4, save_every: 2, log_every: 2, schedule: {warmup_steps: 2}}\n");
  const auto train = [&](Lines settings) {
    Lines arguments{"train", "ids.yaml"};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return tiny.attend(arguments);
  };
  check_ends(train({}), 0, {"final model in"});
  const auto weights = weights_hash(tiny.path("ids/final"));
  // Nothing is left to train: final/ is written again, with the tokenizer.
  check_ends(train({"data.tokenizer.model=letters.json"}), 0,
             {"resuming after update 4", "the pieces of letters.json from now on", "final model in"});
  CHECK(weights_hash(tiny.path("ids/final")) == weights);
  CHECK(tiny.attend({"generate", "ids", "--prompt", "ab", "--max-new-tokens", "4"}).exit_code == 0);
  check_ends(tiny.attend({"score", "ids", "--text", "train.src"}), 0, {"bits per byte"});
  check_ends(train({"training.max_steps=6", "data.tokenizer.model=letters.json"}), 0, {"resuming after update 4"});
  check_ends(train({"training.max_steps=8"}), 0, {"resuming after update 6"});  // it is the run's own now
  CHECK(fs::exists(tiny.path("ids/final/vocab.json")));
}
