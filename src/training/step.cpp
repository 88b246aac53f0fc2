#include "attend/training/step.h"

#include <torch/types.h>

namespace attend {

std::vector<Segment> make_training_segments(EncoderDecoder& model, const OptimizerConfig& config, at::ScalarType compute) {
  std::vector<NamedParameter> parameters;
  for (const auto& item : model.named_parameters()) parameters.push_back({item.key(), item.value()});
  SegmentOptions options{compute, [&](const NamedParameter& parameter) { return weight_decay_of(config, parameter); }};
  auto segments = make_segments(parameters, options);
  set_working_copies(model, [&](const at::Tensor& master) { return working_copy_of(segments, master); });
  return segments;
}

TrainingStep::TrainingStep(const Config& config, Task& task, EncoderDecoder& model, const Runtime& runtime)
    : task_(task),
      model_(model),
      device_(runtime.device),
      seed_(static_cast<std::uint64_t>(config.seed)),
      clip_norm_(config.training.clip_norm),
      schedule_{config.training.schedule, config.training.optimizer.lr, config.model.d_model, config.training.max_steps},
      segments_(make_training_segments(model, config.training.optimizer, runtime.compute)),
      optimizer_(make_optimizer(config.training.optimizer, segments_)) {}

void TrainingStep::run(std::int64_t step, std::vector<Batch>& batches, Meters& meters) {
  for (auto& segment : segments_) segment.gradients.zero_();
  at::Tensor count;
  std::int64_t first_row = 0;
  for (auto& batch : batches) {
    batch.first_row = first_row;
    first_row += batch.rows;
    ForwardContext context;
    context.training = true;
    context.draws = {seed_, step, batch.first_row};
    const auto terms = task_.loss(model_, batch.to(device_), context);
    at::Tensor total;
    for (const auto& term : terms)
      if (term.weight != 0) total = total.defined() ? total + term.sum * term.weight : term.sum * term.weight;
    total.backward();
    count = count.defined() ? count + terms[0].count : terms[0].count;
    meters.add(terms, batch);
  }
  torch::NoGradGuard no_grad;
  // Gradients are sums over tokens; the mean and the clipping become one factor, which the optimizer applies.
  const auto mean = 1.0 / count.to(at::kFloat).clamp_min(1.0);
  const auto norm = gradient_norm(segments_) * mean;
  const auto clip = clip_norm_ > 0 ? (clip_norm_ / (norm + 1e-6)).clamp_max(1.0) : torch::ones_like(norm);
  optimizer_->step(step, schedule_.at(step), mean * clip);
  meters.add_gradient_norm(norm);
}

}  // namespace attend
