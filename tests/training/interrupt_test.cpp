// A signal in the middle of a validation: it ends early, the state is saved, and the run that goes on makes up for it.
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "attend/core/interrupt.h"
#include "attend/storage/manifest.h"
#include "attend/training/signals.h"
#include "tests/support/test.h"
#include "tests/support/tiny_training.h"

using namespace attend;
using namespace attend::test;

namespace {

// A translation whose n-th validation (from 1) meets a signal as it begins.
class SignalledTask final : public Task {
 public:
  SignalledTask(const Config& config, const Tokenizers& tokenizers, int signal, int at)
      : task_(config, tokenizers, at::Device(at::kCPU)), signal_(signal), at_(at) {}
  std::unique_ptr<BatchStream> train_stream(Cursor start) override {
    return task_.train_stream(start);
  }
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override {
    return task_.loss(model, batch, context);
  }
  std::vector<Metrics> validate(Model& model) override {
    if (++validations_ == at_) std::raise(signal_);
    return task_.validate(model);
  }

 private:
  TranslationTask task_;
  int signal_, at_, validations_ = 0;
};

int train_with_signal(const TinyTraining& training, const Config& config, int signal, int at) {
  const auto runtime = start_runtime(config.runtime);
  RunDirectory directory(config.output);
  const auto tokenizers = make_tokenizers(config);
  SignalledTask task(config, tokenizers, signal, at);
  const auto model = build_encoder_decoder(config, vocabularies_of(tokenizers));
  return Trainer({config, task, *model, tokenizers, directory, runtime}).run();
}

// Without what may differ.
std::vector<Json> metrics_in(const fs::path& run) {
  std::vector<Json> lines;
  std::istringstream all(slurp(run / "metrics.jsonl"));
  for (std::string line; std::getline(all, line);) {
    auto json = Json::parse(line);
    json.erase("wall_seconds");
    json.erase("wall_tokens_per_second");
    lines.push_back(std::move(json));
  }
  return lines;
}

std::string hash_of(const fs::path& model) { return read_manifest(model).files.at("model.safetensors").xxh3_128; }

}  // namespace

// Validations of 7 updates: 1 and 2 on the grid of 3, 3 at the end, 4 of the final model.
TEST_CASE("interrupt: a validation that a signal ends is made up for, and the run is the one that nobody stopped") {
  const auto [signal, at, step] = GENERATE(std::tuple(SIGTERM, 1, 3), std::tuple(SIGHUP, 2, 6),
                                           std::tuple(SIGINT, 3, 7), std::tuple(SIGTERM, 4, 7));
  const std::vector<std::string> settings{"training.max_steps=7", "training.validate_metrics=[loss, bleu]",
                                          "training.average_checkpoints=2"};
  const TinyTraining training;
  REQUIRE(training.train(training.config("straight", settings)) == 0);
  const auto config = training.config("run", settings);
  CHECK(train_with_signal(training, config, signal, at) == signal);
  CHECK(newest_checkpoint(config.output) == fs::path(config.output) / "checkpoints" / checkpoint_name(step));
  CHECK_FALSE(fs::exists(fs::path(config.output) / "final"));
  REQUIRE(training.train(config) == 0);
  for (const auto* model : {"final", "checkpoints/step-00000006", "checkpoints/step-00000007"})
    CHECK(hash_of(training.scratch / "run" / model) == hash_of(training.scratch / "straight" / model));
  CHECK(metrics_in(training.scratch / "run") == metrics_in(training.scratch / "straight"));
  CHECK(slurp(training.scratch / "run/best.txt") == slurp(training.scratch / "straight/best.txt"));
}

TEST_CASE("interrupt: two signals at once are one wish, and what was wished is forgotten with the training") {
  {
    const SignalGuard guard;
    CHECK(interrupt_signal() == 0);
    std::raise(SIGTERM);
    std::raise(SIGTERM);  // as `timeout` sends it, to a process and to its group
    std::raise(SIGHUP);
    std::raise(SIGHUP);
    CHECK(interrupt_signal() == SIGHUP);
    CHECK_THROWS_AS(throw_if_interrupted(), Interrupted);
  }
  CHECK_NOTHROW(throw_if_interrupted());
}
