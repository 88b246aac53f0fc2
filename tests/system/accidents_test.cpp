// What happens to a training on a shared machine: files that are cut, signals, a run that is moved, limits that are
// met.
#include <cstdlib>
#include <filesystem>

#include "tests/system/run_files.h"

namespace fs = std::filesystem;
using namespace attend::test;

namespace {

const std::string kBinary = "\"$ATTEND_BINARY\" ";

// Waits for the first line of metrics.
const std::string kUntilItTrains = "while [ ! -s run/metrics.jsonl ] && kill -0 $child; do sleep 0.02; done; ";
const std::string kEndless = "train tiny.yaml --set training.max_steps=1000000 --set training.save_every=1000000 ";

// Writes ids in place of the text of tiny.yaml.
void write_ids(const TinyRun& tiny, std::size_t count) {
  std::string ids;
  for (std::size_t i = 0; i < count; ++i) ids.append({static_cast<char>(i * 7 % 50), '\0'});
  tiny.scratch.file("ids.bin", ids);
  tiny.scratch.file("ids.yaml", R"(version: 1
task: language_model
output: run
runtime: {device: cpu, precision: fp32, threads: 1}
data: {train: {tokens: {file: ids.bin, vocab_size: 50}}, validation: {fraction: 0.1}, block_size: 16, sampling: random_blocks, batch: {size: 4, unit: sequences}}
model: {architecture: decoder, d_model: 16, num_heads: 2, d_ff: 16, decoder_layers: 1}
training: {max_steps: 1000000, validate_every: 1000000, save_every: 1000000, log_every: 5, schedule: {warmup_steps: 10}}
)");
}

}  // namespace

TEST_CASE("accident: a file of ids that is written anew while a training reads it ends with 4 and its name",
          "[system]") {
  const TinyRun tiny;
  write_ids(tiny, 200'000);
  const auto result =
      tiny.shell(kBinary + "train ids.yaml & child=$!; " + kUntilItTrains + "truncate -s 0 ids.bin; wait $child");
  check_ends(result, 4, {"error: [ids.bin] expected its 400000 bytes", "put it back as it was"});
  check_ends(tiny.attend({"train", "ids.yaml", "--set", "data.train.tokens.file=none", "--set", "output=o"}), 4,
             {"none", "check the path"});
}

TEST_CASE("accident: a cache that is cut while a training reads it ends with 4 and its name", "[system]") {
  const TinyRun tiny(3000);
  const auto result = tiny.shell(kBinary + kEndless + "& child=$!; " + kUntilItTrains +
                                 "truncate -s 0 run/data/train-1/body.bin; wait $child");
  check_ends(result, 4, {"run/data/train-1/body.bin", "cut short"});
}

TEST_CASE("accident: a signal ends a training in the middle of a long validation, and a second one at once",
          "[system]") {
  const TinyRun tiny;
  const std::string slow =
      kEndless +
      "--set training.validate_every=1 --set 'training.validate_metrics=[bleu]' --set decoding.beam_size=200 "
      "--set training.log_every=1 --set decoding.candidates=100 ";
  const auto once = tiny.shell(kBinary + slow + "& child=$!; " + kUntilItTrains + "kill -TERM $child; wait $child");
  check_ends(once, 143, {"the validation of update 1 is ended early", "stopped by signal 15 after saving"});
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000001/manifest.json")));
  // Where the tests run under nohup the signal is ignored, and the program leaves it so.
  const auto hung_up = tiny.shell("rm -rf run; env --default-signal=HUP " + kBinary + slow + "& child=$!; " +
                                  kUntilItTrains + "kill -HUP $child; kill -HUP $child; wait $child");
  check_ends(hung_up, 129, {"stopped by signal 1 after saving"});
  const auto timed =
      tiny.shell("rm -rf run; timeout 2 " + kBinary + kEndless + "--set training.validate_every=1000000");
  check_ends(timed, 124, {"stopped by signal 15 after saving"});  // which sends its signal twice
  // SIGSTOP holds the training between the two.
  const auto twice = tiny.shell("rm -rf run; " + kBinary + slow + "& child=$!; " + kUntilItTrains +
                                "kill -STOP $child; kill -TERM $child; kill -CONT $child; sleep 0.4; kill -0 $child "
                                "2>/dev/null && kill -TERM $child; wait $child");
  CHECK(twice.exit_code == 143);
}

TEST_CASE("accident: a signal or a full disk before the first update of a fresh start brings the former run back",
          "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {"final model"});
  const std::string former = slurp(tiny.path("run/final/manifest.json"));
  std::string many;
  for (int i = 0; i < 400'000; ++i) many += "abc abd abe abf abg abh abc abd abe abf abg abh\n";
  tiny.scratch.file("many.txt", many);
  const std::string fresh = kBinary + "train tiny.yaml --fresh --set data.train.source=many.txt --set "
                                      "data.train.target=many.txt ";
  const auto is_back = [&] {
    CHECK(slurp(tiny.path("run/final/manifest.json")) == former);
    CHECK_FALSE(fs::exists(tiny.path("run.old-1")));
  };
  const std::string until_it_reads =
      "for i in $(seq 1 500); do [ -e run.old-1 ] && break; sleep 0.01; done; sleep 0.3; ";
  const auto stopped = tiny.shell(fresh + "& child=$!; " + until_it_reads + "kill -TERM $child; wait $child");
  check_ends(stopped, 143, {"the former run is back"});
  is_back();
  const auto full = tiny.shell("ATTEND_FILE_FAULT=full@1:config.yaml " + kBinary + "train tiny.yaml --fresh");
  CHECK(full.exit_code == 8);
  is_back();
  const auto dry =
      tiny.shell("mkdir scratch; export TMPDIR=$PWD/scratch; " + fresh +
                 "--dry-run & child=$!; for i in $(seq 1 500); do [ -n \"$(ls scratch)\" ] && break; sleep "
                 "0.01; done; sleep 0.3; kill -TERM $child; wait $child");
  CHECK(dry.exit_code == 143);
  CHECK(fs::is_empty(tiny.path("scratch")));
}

TEST_CASE("accident: too few open files are named as such", "[system]") {
  const TinyRun tiny;
  const auto result = tiny.shell("ulimit -n 8; exec " + kBinary + "train tiny.yaml");
  INFO(result.err);
  CHECK((result.exit_code == 4 || result.exit_code == 7 ||
         result.exit_code == 8));  // text, a child process, or what is written
  CHECK(contains(result.err, "Too many open files"));
  CHECK(contains(result.err, "ulimit -n"));
}

TEST_CASE("accident: a run whose checkpoints/ is taken away says so and saves, one that is deleted ends with 8",
          "[system]") {
  const TinyRun tiny;
  const std::string train = kBinary +
                            "train tiny.yaml --set training.max_steps=1000000 --set training.save_every=20 --set "
                            "training.log_every=1 & child=$!; " +
                            kUntilItTrains;
  const auto until = [](const std::string& condition) {
    return "for i in $(seq 1 500); do " + condition + " && break; sleep 0.02; done; ";
  };
  const auto moved = tiny.shell(train + until("[ -e run/checkpoints/step-00000020 ]") + "mv run/checkpoints taken; " +
                                until("[ -n \"$(ls run/checkpoints)\" ]") + "kill -TERM $child; wait $child");
  check_ends(moved, 143, {"run/checkpoints] was moved or deleted", "stopped by signal 15 after saving"});
  const auto deleted = tiny.shell("rm -rf run; " + train + "mv run gone; wait $child");
  check_ends(deleted, 8, {"[run] expected the directory that this training began in, got nothing"});
  CHECK_FALSE(fs::exists(tiny.path("run")));
}

TEST_CASE("accident: too little memory for the program itself ends with 7", "[system]") {
  const TinyRun tiny;
  if (std::getenv("ASAN_OPTIONS") != nullptr) return;  // whose shadow needs terabytes
  // From what the loader needs on to what is enough: 127 is the loader's, 7 ours, and nothing else comes between.
  bool ours = false;
  for (int megabytes = 300; megabytes <= 900; megabytes += 20) {
    const auto result = tiny.shell("ulimit -v " + std::to_string(megabytes << 10) + "; exec " + kBinary + "--version");
    INFO(megabytes << " MB: " << result.err);
    CHECK((result.exit_code == 127 || result.exit_code == 7 || result.exit_code == 0));
    ours |= result.exit_code == 7;
    if (result.exit_code == 0) break;
  }
  CHECK(ours);
}
