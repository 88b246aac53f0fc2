// A training that was stopped and went on is the one that never stopped, bit by bit.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/system/tiny.h"

using namespace attend::test;

namespace {

using nlohmann::json;

constexpr const char* kConfig = R"(version: 1
runtime: {device: cpu, threads: 2}
data:
  train: {source: train.src, target: train.trg}
  validation: {source: validation.src, target: validation.trg}
  tokenizer: {algorithm: bpe, vocab_size: 300}
  max_length: 100
  batch: {size: 512, unit: target_tokens}
model:
  d_model: 32
  num_heads: 2
  d_ff: 64
  encoder_layers: 2
  decoder_layers: 2
  dropout: 0.2
  attention_dropout: 0.1
  activation_dropout: 0.1
training:
  max_steps: 40
  optimizer: {lr: 3e-3}
  schedule: {warmup_steps: 10}
  accumulate_steps: 2
  average_checkpoints: 2
  validate_every: 8
  save_every: 10
  log_every: 7
)";

json without_wall(json value) {
  for (auto item = value.begin(); item != value.end();)
    item = item.key().starts_with("wall_") ? value.erase(item) : std::next(item);
  return value;
}

class Trainings {
 public:
  explicit Trainings(const std::string& precision) : precision_(precision) {
    tiny_.scratch.file("resume.yaml", kConfig);
    const auto corpus = std::filesystem::path(test_environment("ATTEND_SOURCE")) / "data" / "numbers";
    cut(corpus / "train.en", "train.src", 400);
    cut(corpus / "train.de", "train.trg", 400);
    cut(corpus / "validation.en", "validation.src", 50);
    cut(corpus / "validation.de", "validation.trg", 50);
  }

  // passive: two threads that wait busily would starve each other where the machine has other work.
  std::string command(const std::string& run, int steps) const {
    return "OMP_WAIT_POLICY=passive \"$ATTEND_BINARY\" train resume.yaml --set output=" + run + " --precision " +
           precision_ + " --set training.max_steps=" + std::to_string(steps);
  }
  void train(const std::string& run, int steps) const {
    const auto result = tiny_.shell(command(run, steps));
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
  }
  // Sends the signal once the first line of metrics stands. A shell's jobs in the background ignore SIGINT, and so does
  // a training that inherits that; env gives the default back.
  ProcessResult stop(const std::string& run, const std::string& signal) const {
    return tiny_.shell("env --default-signal=INT " + command(run, 40) + " & child=$!; while [ ! -s " + run +
                       "/metrics.jsonl ] && kill -0 $child; do sleep 0.02; done; kill -" + signal +
                       " $child; wait $child");
  }

  void check_equal(const std::string& one, const std::string& other) const {
    INFO(one << " against " << other << ", " << precision_);
    int tensor_files = 0;
    for (const std::string directory : {"checkpoints/step-00000040", "final"}) {
      const json first = files(one, directory), second = files(other, directory);
      REQUIRE(first.size() == second.size());
      for (const auto& [name, file] : first.items()) {
        if (name == "config.yaml" || name == "state.json") continue;  // they name the output and the time
        tensor_files += name.ends_with(".safetensors") ? 1 : 0;
        std::cout << precision_ << " " << directory << "/" << name << " " << one << " "
                  << file["xxh3_128"].get<std::string>() << " " << other << " "
                  << second.at(name)["xxh3_128"].get<std::string>() << "\n";
        CHECK(file == second.at(name));
      }
    }
    CHECK(tensor_files == 3);
    const auto state = [&](const std::string& run) {
      return without_wall(json::parse(slurp(tiny_.path(run) / "checkpoints/step-00000040/state.json")));
    };
    CHECK(state(one) == state(other));
    CHECK(metrics(one) == metrics(other));
  }

 private:
  void cut(const std::filesystem::path& from, const char* to, int count) const {
    std::istringstream all(slurp(from));
    Lines lines;
    for (std::string line; count-- > 0 && std::getline(all, line);) lines.push_back(line);
    tiny_.scratch.file(to, text_of(lines));
  }
  json files(const std::string& run, const std::string& directory) const {
    return json::parse(slurp(tiny_.path(run) / directory / "manifest.json")).at("files");
  }
  std::vector<json> metrics(const std::string& run) const {
    std::istringstream all(slurp(tiny_.path(run) / "metrics.jsonl"));
    std::vector<json> lines;
    for (std::string line; std::getline(all, line);) lines.push_back(without_wall(json::parse(line)));
    return lines;
  }

  TinyRun tiny_;
  std::string precision_;
};

void check_stopped_and_resumed(const Trainings& trainings, const std::string& signal, int code) {
  const auto stopped = trainings.stop("stopped", signal);
  check_ends(stopped, code, {"after saving; the same command goes on from here"});
  trainings.train("stopped", 40);
  trainings.check_equal("straight", "stopped");
}

}  // namespace

TEST_CASE("resume: 40 updates are 20, a stop and 20 more, in every bit", "[system]") {
  const std::string precision = GENERATE("fp32", "bf16");
  const Trainings trainings(precision);
  trainings.train("straight", 40);
  trainings.train("halves", 20);
  trainings.train("halves", 40);
  trainings.check_equal("straight", "halves");
  if (precision == "fp32") check_stopped_and_resumed(trainings, "TERM", 143);
  if (precision == "bf16") check_stopped_and_resumed(trainings, "INT", 130);
}

TEST_CASE("resume: a best model found by the validation at an end does not strand the run that goes on") {
  const TinyRun tiny;
  const std::vector<std::string> common{"training.validate_every=4", "training.save_every=2",
                                        "training.keep_checkpoints=2"};
  const auto with = [&](std::initializer_list<std::string> more) {
    auto all = common;
    all.insert(all.end(), more);
    return all;
  };
  // Update 6 is off the grid and the best so far; then the rate is so high that nothing after it is better.
  check_ends(tiny.train(with({"training.max_steps=6"})), 0, {});
  check_ends(
      tiny.train(with({"training.max_steps=16", "training.optimizer.lr=0.5", "training.schedule.warmup_steps=1"})), 0,
      {});
  CHECK(std::filesystem::exists(tiny.path("run/final/model.safetensors")));
}
