// What may happen to a run between two starts, or in the middle of a save: named, the right exit code, nothing lost.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attend/storage/manifest.h"
#include "tests/system/run_files.h"

namespace fs = std::filesystem;
using namespace attend::test;
using nlohmann::json;

namespace {

const std::string kNewest = "run/checkpoints/step-00000006";

ProcessResult train_with_fault(const TinyRun& tiny, const std::string& fault) {
  ProcessOptions options;
  options.environment["ATTEND_FILE_FAULT"] = fault;
  return tiny.attend({"train", "tiny.yaml", "--set", "training.max_steps=9"}, options);
}

}  // namespace

TEST_CASE("run faults: a disk that fills in the middle of a save ends with 8, and the run goes on later", "[system]") {
  const TinyRun tiny, other;
  REQUIRE(other.train({"training.max_steps=9"}).exit_code == 0);
  REQUIRE(tiny.train().exit_code == 0);
  for (const std::string fault : {"full@1:optimizer.safetensors", "short@2:model.safetensors", "io@2:state.json",
                                  "full@1:manifest.json", "io@1:last.txt", "full@1:step-00000009"}) {
    INFO(fault);
    check_ends(train_with_fault(tiny, fault), 8, {"cannot be written", fault.substr(fault.find(':') + 1)});
    CHECK(tiny.attend({"validate", "tiny.yaml", "--model", kNewest}).exit_code == 0);
    for (const auto& item : fs::recursive_directory_iterator(tiny.path("run")))
      CHECK_FALSE(contains(item.path().string(), ".tmp-"));
    fs::remove_all(tiny.path("run/checkpoints/step-00000009"));  // io@1:last.txt leaves a whole one
  }
  REQUIRE(tiny.train({"training.max_steps=9"}).exit_code == 0);
  CHECK(weights_hash(tiny.path("run/final")) == weights_hash(other.path("run/final")));
}

TEST_CASE("run faults: where no space is left for a checkpoint, training warns and goes on, and keeps the older ones",
          "[system]") {
  const TinyRun tiny;
  const auto result = train_with_fault(tiny, "crowded@2:checkpoints");
  check_ends(result, 0, {"MiB of free space, got 0 MiB", "update 6 is not saved, and the training goes on"});
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000003")));
  CHECK_FALSE(fs::exists(tiny.path(kNewest)));
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000009")));
  CHECK(slurp(tiny.path("run/best.txt")) != "step-00000006\n");
  CHECK(tiny.attend({"validate", "tiny.yaml"}).exit_code == 0);
}

TEST_CASE("run faults: a value that is no number is named with its tensor", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  for (const std::string& model : {std::string("run/final"), std::string(kNewest)}) {
    const auto file = tiny.path(model) / "model.safetensors";
    std::fstream weights(file, std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(-4, std::ios::end);  // the last value of the last tensor
    const float nan = std::nanf("");
    weights.write(reinterpret_cast<const char*>(&nan), 4);
    weights.close();
    attend::write_manifest(tiny.path(model));
    check_ends(tiny.attend({"translate", model, "--input", "test.src"}), 5,
               {"model.safetensors", "tensor ", "expected numbers, got nan"});
  }
  check_ends(tiny.train({"training.max_steps=9"}), 5,
             {"model.safetensors", "expected numbers, got nan", "take another checkpoint"});
  CHECK(fs::exists(tiny.path(kNewest)));
}

TEST_CASE("run faults: a checkpoint of an older version is refused and stays", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  auto state = json::parse(slurp(tiny.path(kNewest) / "state.json"));
  state.erase("format");
  std::ofstream(tiny.path(kNewest) / "state.json") << state.dump(1) << "\n";
  attend::write_manifest(tiny.path(kNewest));
  check_ends(tiny.train({"training.max_steps=9"}), 5,
             {"state.json", "expected format 2, got 0", "older version", "--fresh"});
  CHECK(fs::exists(tiny.path(kNewest)));
  CHECK(tiny.attend({"translate", kNewest, "--input", "test.src"}).exit_code == 0);
}

TEST_CASE("run faults: two trainings in one directory, the second one stops and the first one does not notice",
          "[system]") {
  const TinyRun tiny;
  const auto result = tiny.shell(
      "\"$ATTEND_BINARY\" train tiny.yaml --set training.max_steps=100000 2>first & child=$!; "
      "while [ ! -s run/metrics.jsonl ] && kill -0 $child; do sleep 0.02; done; "
      "\"$ATTEND_BINARY\" train tiny.yaml 2>second; echo $?; \"$ATTEND_BINARY\" train tiny.yaml --fresh 2>third; echo "
      "$?; "
      "kill -TERM $child; wait $child; echo $?");
  CHECK(result.out == "8\n8\n143\n");
  CHECK(contains(slurp(tiny.path("second")), "another training holds this directory"));
  CHECK(contains(slurp(tiny.path("third")), "another training holds this directory"));
  CHECK(tiny.attend({"validate", "tiny.yaml"}).exit_code == 0);
}

TEST_CASE("run faults: changed keys pass, warn or stop a resumed run, each named with both values", "[system]") {
  const TinyRun tiny;
  REQUIRE(tiny.train().exit_code == 0);
  const auto refused = tiny.train({"model.d_model=32", "seed=2", "training.ema.decay=0.9"});
  check_ends(refused, 3, {"model.d_model: 64 -> 32", "seed: 1 -> 2", "training.ema.decay: 0 -> 0.9", "--fresh"});
  const auto warned =
      tiny.train({"training.optimizer.lr=1e-3", "model.dropout=0.1", "training.save_every=2", "training.max_steps=7"});
  check_ends(warned, 0,
             {"training.optimizer.lr: 0.003 -> 0.001", "model.dropout: 0 -> 0.1", "training.save_every: 3 -> 2"});
  CHECK_FALSE(contains(warned.err, "max_steps:"));
}

TEST_CASE("run faults: a checkpoint saved on a signal is neither averaged nor counted", "[system]") {
  const TinyRun tiny;
  const auto result = tiny.shell(
      "\"$ATTEND_BINARY\" train tiny.yaml --set training.max_steps=100000 --set training.save_every=1000000 --set "
      "training.validate_every=1000000"
      " & child=$!; while [ ! -s run/metrics.jsonl ] && kill -0 $child; do sleep 0.02; done; kill -TERM $child; wait "
      "$child; exit $?");
  REQUIRE(result.exit_code == 143);
  for (const auto& item : fs::directory_iterator(tiny.path("run/checkpoints")))
    CHECK(json::parse(slurp(item.path() / "state.json")).at("on_grid") == false);
}
