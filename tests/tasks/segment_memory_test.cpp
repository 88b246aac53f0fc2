// Laws of training a Transformer-XL: what rows remember from batch to batch, and when they do not.
#include "attend/tasks/segment_memory.h"

#include <torch/types.h>

#include <cmath>
#include <limits>
#include <new>

#include "attend/config/load.h"
#include "attend/core/error.h"
#include "attend/tasks/language_model.h"
#include "attend/training/step.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t kIds = 50;

// 97 ids: 3 rows of 4 blocks of 8 tokens, or of 1 block of 32; and 65 to validate on.
class Streams {
 public:
  explicit Streams(std::vector<std::string> settings = {})
      : config(config_of(std::move(settings))), task(config, {}, at::kCPU) {
    model = build_language_model(config, {0, kIds, -1, -1, -1});
    model->to(torch::kDouble);
  }
  std::vector<Batch> batches(std::size_t count, Cursor start = {}) {
    std::vector<Batch> all;
    const auto stream = task.train_stream(start);
    while (all.size() < count) all.push_back(stream->next().batch);
    return all;
  }
  double loss(const Batch& batch) {
    ForwardContext context;
    return task.loss(*model, batch, context).at(0).sum.item<double>();
  }

 private:
  std::string ids(const std::string& name, int count) const {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += {static_cast<char>((i * i + i / 7) % kIds), '\0'};
    return concat("{tokens: {file: ", scratch_.file(name, bytes).string(), ", vocab_size: ", kIds, "}}");
  }
  Config config_of(std::vector<std::string> settings) const {
    settings.insert(settings.begin(),
                    {"data.train=[" + ids("train", 97) + "]", "data.validation=[" + ids("validation", 65) + "]"});
    const auto file = scratch_.file("xl.yaml", R"(version: 1
task: language_model
data: {block_size: 8, sampling: sequential, batch: {size: 3, unit: sequences}}
model: {architecture: decoder, d_model: 16, num_heads: 2, d_ff: 32, decoder_layers: 2, dropout: 0, memory_length: 64, position: {type: relative_xl}}
training: {optimizer: {lr: 1e-2}, schedule: {warmup_steps: 1}}
)");
    return load_config({file}, settings).config;
  }
  Scratch scratch_;

 public:
  Config config;
  LanguageModelTask task;
  std::shared_ptr<LanguageModel> model;
};

// Finds too little memory at one batch, after the task has read it.
class ShortOfMemory : public Task {
 public:
  ShortOfMemory(Task& task, int failing) : task_(task), left_(failing) {}
  std::unique_ptr<BatchStream> train_stream(Cursor start) override {
    return task_.train_stream(start);
  }
  void begin_update(bool again) override { task_.begin_update(again); }
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override {
    auto terms = task_.loss(model, batch, context);
    if (--left_ == 0) throw std::bad_alloc();
    return terms;
  }
  std::vector<Metrics> validate(Model& model) override { return task_.validate(model); }
  bool remembers() const override { return task_.remembers(); }

 private:
  Task& task_;
  int left_;
};

}  // namespace

TEST_CASE("segment memory: blocks of an update have the losses of one block as long as all of them") {
  Streams segments, whole({"data.block_size=32"});
  double sum = 0;
  for (const auto& batch : segments.batches(4)) sum += segments.loss(batch);
  CHECK(sum == Approx(whole.loss(whole.batches(1)[0])).epsilon(1e-10));
}

TEST_CASE("segment memory: an epoch begins without one, however often it was read") {
  Streams streams;
  std::vector<double> losses;
  for (const auto& batch : streams.batches(8)) losses.push_back(streams.loss(batch));
  for (std::size_t i = 0; i < 4; ++i) CHECK(losses[i] == losses[i + 4]);
  Streams late;
  CHECK(std::abs(late.loss(late.batches(1, {0, 0, 1})[0]) - losses[1]) > 1e-6);
}

TEST_CASE("segment memory: an attempt that found too little memory leaves nothing behind, and parts are the batch") {
  const int failing = GENERATE(1, 2, 3, 4);  // of two batches an update
  Streams roomy, tight;
  ShortOfMemory task(tight.task, failing);
  TrainingStep expected(roomy.config, roomy.task, *roomy.model, {}), got(tight.config, task, *tight.model, {});
  const auto batches = roomy.batches(6);
  for (std::int64_t t = 1; t <= 3; ++t) {
    const auto at = batches.begin() + 2 * (t - 1);
    std::vector<Batch> update(at, at + 2);
    const auto a = expected.run(t, update), b = got.run(t, update);
    CHECK(b.loss().sum.item<double>() == Approx(a.loss().sum.item<double>()).epsilon(1e-9));
    CHECK(b.gradient_norm.item<double>() == Approx(a.gradient_norm.item<double>()).epsilon(1e-6));
  }
}

TEST_CASE("segment memory: saved and loaded, rows go on as if nothing had happened; validation disturbs nothing") {
  Streams first, second;
  const auto batches = first.batches(3);
  first.loss(batches[0]);
  first.loss(batches[1]);
  StateDict state;
  first.task.save(state);
  CHECK(state.tensors.size() == 2);
  CHECK(state.tensors.at("layers.0").sizes() == at::IntArrayRef({3, 16, 16}));
  first.task.validate(*first.model);
  second.task.load(state);
  CHECK(first.loss(batches[2]) == second.loss(batches[2]));

  Streams wider({"data.batch.size=4"}), narrow({"model.d_model=8"}), none({"model.memory_length=0"});
  CHECK_NOTHROW(wider.task.load(state));  // other streams: forgotten
  StateDict empty;
  wider.task.save(empty);
  none.task.save(empty);
  CHECK(empty.tensors.empty());
  CHECK_THROWS_AS(narrow.task.load(state), ModelError);
  CHECK_THROWS_AS(second.task.load({}), ModelError);
}

TEST_CASE("segment memory: what is no number is not remembered") {
  Streams streams;
  const auto batches = streams.batches(2);
  const auto kept = streams.model->named_parameters()["embedding.weight"].detach().clone();
  const torch::NoGradGuard no_grad;
  streams.model->named_parameters()["embedding.weight"].fill_(std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(streams.loss(batches[0])));
  streams.model->named_parameters()["embedding.weight"].copy_(kept);
  CHECK(std::isfinite(streams.loss(batches[1])));
}

TEST_CASE("segment memory: validation reads a text in streams, one of them like a single block") {
  const auto nll = [](const std::vector<std::string>& settings) {
    Streams streams(settings);
    return streams.task.validate(*streams.model).at(0).values.at("nll");
  };
  const double whole = nll({"data.block_size=64", "data.batch.size=1"});
  CHECK(nll({"data.batch.size=1"}) == Approx(whole).epsilon(1e-10));
  CHECK(nll({"data.batch.size=8"}) != Approx(whole).epsilon(1e-6));  // eight streams of a block
  CHECK(std::isfinite(nll({"data.batch.size=3"})));                  // the last stream is shorter
  CHECK(nll({"data.batch.size=1", "training.validate_batches=4"}) != Approx(whole).epsilon(1e-6));
}
