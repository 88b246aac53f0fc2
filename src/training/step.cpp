#include "attend/training/step.h"

#include <torch/types.h>

#include "attend/checkpoint/model_directory.h"
#include "attend/core/error.h"
#include "attend/optim/groups.h"
#include "attend/storage/manifest.h"

namespace attend {
namespace {

constexpr const char* kMemoryFile = "memory.safetensors";

void set_copies(Model& model, const std::vector<Segment>& segments, at::ScalarType compute) {
  set_working_copies(model, [&](const at::Tensor& master) {
    const bool frozen = !master.requires_grad(), low = compute != at::kFloat && master.scalar_type() == at::kFloat;
    if (frozen && low) return master.to(compute);
    return working_copy_of(segments, master);
  });
}

}  // namespace

std::vector<Segment> make_training_segments(Model& model, const OptimizerConfig& config, at::ScalarType compute) {
  std::vector<NamedParameter> parameters;
  for (const auto& item : model.named_parameters()) parameters.push_back({item.key(), item.value()});
  auto segments =
      make_segments(parameters, {compute, [&](const NamedParameter& parameter) { return rule_of(config, parameter); }});
  set_copies(model, segments, compute);
  return segments;
}

TrainingStep::TrainingStep(const Config& config, Task& task, Model& model, const Runtime& runtime)
    : task_(task),
      model_(model),
      runtime_(runtime),
      clip_norm_(config.training.clip_norm),
      schedule_(schedule_of(config)),
      segments_(make_training_segments(model, config.training.optimizer, runtime.compute)),
      optimizer_(make_optimizer(config.training.optimizer, segments_)),
      ema_(config.training.ema.decay, segments_),
      gradients_(task, model, runtime, static_cast<std::uint64_t>(config.seed)) {}

UpdateResult TrainingStep::run(std::int64_t step, std::vector<Batch>& batches) {
  const auto sums = gradients_of(step, batches);
  const torch::NoGradGuard no_grad;
  // Gradients are sums over tokens; the mean and the clipping become one factor, which the optimizer applies.
  const auto count = sums.front().count.to(at::kFloat);
  const auto mean = 1.0 / torch::where(count.gt(0), count, torch::ones_like(count));
  const auto norm = gradient_norm(segments_) * mean;
  const auto clip = clip_norm_ > 0 ? (clip_norm_ / (norm + 1e-6)).clamp_max(1.0) : torch::ones_like(norm);
  // 0, or no number where the loss or the norm is none: then the optimizer changes nothing.
  const auto fault = (norm + objective_of(sums).to(at::kFloat)) * 0;
  optimizer_->step(step, schedule_.at(step), mean * clip + fault);
  ema_.update(step);
  return {sums, norm, fault.eq(0)};
}

std::vector<LossTerm> TrainingStep::gradients_of(std::int64_t step, std::vector<Batch>& batches) {
  for (bool again = false;; again = true) {
    const Batch* at = nullptr;
    try {
      task_.begin_update(again);
      for (auto& segment : segments_) segment.gradients.zero_();
      std::vector<LossTerm> sums;
      std::int64_t first_row = 0;
      for (auto& batch : batches) {
        at = &batch;
        batch.first_row = first_row;
        first_row += batch.rows;
        for (const auto& part : batch.split(limit_.parts(batch))) gradients_.add(step, part, sums);
      }
      return sums;
    } catch (const std::exception& error) {
      if (!at || !is_out_of_memory(error)) throw;
    }
    // Here, where the tensors of the attempt are gone.
    release_cached_memory(runtime_.device);
    if (!gradients_.stop_sharing()) limit_.lower(*at);
  }
}

std::map<std::string, NamedTensors> TrainingStep::save(Json& state) const {
  state["update"] = {{"largest_batch", limit_.save()}, {"on_threads", gradients_.shares()}};
  std::map<std::string, NamedTensors> files;
  StateDict optimizer;
  optimizer_->save(optimizer);
  files["optimizer.safetensors"] = std::move(optimizer.tensors);
  StateDict memory;
  task_.save(memory);
  if (!memory.tensors.empty()) files[kMemoryFile] = std::move(memory.tensors);
  if (!ema_.on()) return files;
  StateDict averages{parameters_of(model_), {}};
  ema_.save(averages);
  files["ema.safetensors"] = std::move(averages.tensors);
  return files;
}

void TrainingStep::load(const std::filesystem::path& checkpoint, const Json& state) {
  optimizer_->load({load_tensors(listed_file(checkpoint, "optimizer.safetensors")), {}});
  if (ema_.on()) ema_.load({load_tensors(listed_file(checkpoint, "ema.safetensors")), {}});
  const bool remembers = lists_file(checkpoint, kMemoryFile);
  task_.load({remembers ? load_tensors(checkpoint / kMemoryFile) : NamedTensors(), {}});
  try {
    limit_.load(state.at("update").at("largest_batch"));
    gradients_.set_shares(state.at("update").value("on_threads", true));
  } catch (const Json::exception& fault) {
    throw ModelError("[state.json] expected the state of an update, got ", fault.what());
  }
  refresh();
}

void TrainingStep::refresh() {
  refresh_working(segments_);
  set_copies(model_, segments_, runtime_.compute);
}

}  // namespace attend
