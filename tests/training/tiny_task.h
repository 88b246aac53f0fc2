// A task of random pairs for a tiny model, and updates of it.
#pragma once

#include <map>

#include "attend/training/step.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"

namespace attend::test {

// Rows of unequal length, padded at the right.
inline Batch random_pairs(std::int64_t rows, std::uint64_t seed = 1) {
  Batch batch;
  batch.rows = rows;
  auto source = real_tokens(rows, 6, seed), target = real_tokens(rows, 5, seed + 100),
       labels = real_tokens(rows, 5, seed + 200);
  source[0].narrow(0, 4, 2).fill_(0);
  target[rows - 1].narrow(0, 3, 2).fill_(0);
  labels[rows - 1].narrow(0, 3, 2).fill_(kNoLabel);
  batch.tensors = {{"source", source}, {"target", target}, {"labels", labels}};
  batch.padded_tokens = rows * 11;
  batch.source_tokens = rows * 6 - 2;
  batch.target_tokens = rows * 5 - 2;
  return batch;
}

// The model's loss of what it is given; a test may do something to it.
class TinyTask : public Task {
 public:
  std::function<void(const Batch&, std::vector<LossTerm>&)> then;
  std::unique_ptr<BatchStream> train_stream(Cursor) override { return nullptr; }
  std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) override {
    auto terms = model_as<EncoderDecoder>(model, "test")
                     .loss(batch["source"], batch["target"], batch["labels"], context, {0.1, batch.find("weights")});
    if (then) then(batch, terms);
    return terms;
  }
  std::vector<Metrics> validate(Model&) override { return {}; }
};

inline Config training_config() {
  Config config = tiny_config();
  config.model.dropout = config.model.attention_dropout = config.model.activation_dropout = 0.3;
  config.training.schedule.choose(ScheduleType::constant);
  config.training.schedule.warmup_steps = 0;
  config.training.optimizer.lr = 1e-2;
  return config;
}

// A model, its task and its updates; the model's numbers may be double.
struct TinyUpdates {
  explicit TinyUpdates(Config wanted = training_config(), at::ScalarType type = at::kFloat,
                       at::ScalarType compute = at::kFloat)
      : config(std::move(wanted)), model(tiny_model(config)) {
    resolve(config);
    model->to(type);
    Runtime runtime;
    runtime.compute = compute;
    step = std::make_unique<TrainingStep>(config, task, *model, runtime);
  }
  UpdateResult update(std::int64_t number, std::vector<Batch> batches) { return step->run(number, batches); }
  std::map<std::string, at::Tensor> weights() const {
    std::map<std::string, at::Tensor> all;
    for (const auto& item : model->named_parameters()) all[item.key()] = item.value().detach().clone();
    return all;
  }
  // Sums, as the last update left them.
  std::map<std::string, at::Tensor> gradients() const {
    std::map<std::string, at::Tensor> all;
    for (const auto& item : model->named_parameters())
      if (item.value().grad().defined()) all[item.key()] = item.value().grad().clone();
    return all;
  }

  Config config;
  TinyTask task;
  std::shared_ptr<EncoderDecoder> model;
  std::unique_ptr<TrainingStep> step;
};

}  // namespace attend::test
