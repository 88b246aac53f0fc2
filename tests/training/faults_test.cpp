// A disk that fails while a training saves: whatever operation it is, what was saved before stays and training goes on.
#include "attend/core/error.h"
#include "attend/core/file_fault.h"
#include "attend/storage/manifest.h"
#include "tests/support/tiny_training.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

void copy_run(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

// Trains on with a fault at operation k of the file layer. True when the fault ended it.
bool fails(const TinyTraining& training, const Config& config, const std::string& fault) {
  struct Guard {
    explicit Guard(const std::string& text) { set_file_fault(parse_file_fault(text)); }
    ~Guard() { set_file_fault({}); }
  };
  try {
    const Guard guard(fault);
    training.train(config);
    return false;
  } catch (const WriteError&) {
    return true;
  }
}

std::string weights_of(const fs::path& model) { return read_manifest(model).files.at("model.safetensors").xxh3_128; }

void check_checkpoint_loads(const fs::path& run) {
  const auto runtime = start_runtime({.device = "cpu", .precision = Precision::fp32, .threads = 1});
  for (const auto step : RunDirectory(run).checkpoints())
    CHECK_NOTHROW(load_model(run / "checkpoints" / checkpoint_name(step), runtime));
  CHECK(RunDirectory(run).newest_valid().value_or(0) >= 3);
}

}  // namespace

// Every operation on what the last save writes, then some of all that the program does.
TEST_CASE(
    "faults: whatever operation of a save fails, the older checkpoint loads and training goes on as if nothing had "
    "been") {
  const auto [kind, word, stride] =
      GENERATE(std::tuple("full", ":step-00000006", 1), std::tuple("io", ":step-00000006", 2),
               std::tuple("short", ":step-00000006", 3), std::tuple("full", ":.txt", 1), std::tuple("io", "", 17));
  const TinyTraining training;
  training.train(training.config("before", {"training.max_steps=3"}));
  training.train(training.config("straight"));
  const auto expected = weights_of(training.scratch / "straight/final");
  const auto run = training.scratch / "run";
  const auto config = training.config("run");
  int operation = 1, tried = 0;
  for (bool failed = true; failed; operation += stride, ++tried) {
    INFO(kind << " at operation " << operation << word);
    REQUIRE(operation < 1000);
    copy_run(training.scratch / "before", run);
    failed = fails(training, config, concat(kind, "@", operation, word));
    check_checkpoint_loads(run);
    if (tried % 8 == 7) training.train(config);
    if (tried % 8 == 7 || !failed) CHECK(weights_of(run / "final") == expected);
  }
  CHECK(tried >= 8);
}

TEST_CASE("faults: writes that the disk takes in two parts change no byte") {
  const TinyTraining training;
  training.train(training.config("straight"));
  CHECK_FALSE(fails(training, training.config("run"), "torn@1"));
  CHECK(weights_of(training.scratch / "run/final") == weights_of(training.scratch / "straight/final"));
}
