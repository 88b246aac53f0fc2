// Optimizers that keep flat moments; formulas in kernels/optimizer.h. Adafactor has a file of its own.
#include "attend/optim/optimizer.h"

#include <torch/types.h>

#include "adafactor.h"
#include "attend/kernels/optimizer.h"
#include "moments.h"

namespace attend {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const OptimizerConfig& config, std::vector<Segment>& segments)
      : config_(config), segments_(segments), first_("first_moment", segments), second_("second_moment", segments) {}

  void step(std::int64_t step, double lr, const at::Tensor& gradient_scale) override {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto& segment = segments_[i];
      kernels::AdamArguments arguments{lr * segment.lr_scale, config_.betas[0], config_.betas[1], config_.eps,
                                       segment.weight_decay};
      arguments.decoupled = config_.type == OptimizerType::adamw;
      arguments.step = step;
      kernels::adam({segment.weights, segment.gradients, first_[i], second_[i], segment.working}, gradient_scale,
                    arguments);
    }
  }
  void save(StateDict& state) const override {
    first_.save(state);
    second_.save(state);
  }
  void load(const StateDict& state) override {
    first_.load(state);
    second_.load(state);
  }

 private:
  OptimizerConfig config_;
  std::vector<Segment>& segments_;
  Moments first_, second_;
};

// SGD and Lion.
class Momentum final : public Optimizer {
 public:
  Momentum(const OptimizerConfig& config, kernels::MomentumRule rule, std::vector<Segment>& segments)
      : config_(config), rule_(rule), segments_(segments), moment_("momentum", segments) {}

  void step(std::int64_t, double lr, const at::Tensor& gradient_scale) override {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto& segment = segments_[i];
      const kernels::MomentumArguments arguments{rule_, lr * segment.lr_scale, config_.betas[0], config_.betas[1],
                                                 segment.weight_decay};
      kernels::momentum({segment.weights, segment.gradients, moment_[i], segment.working}, gradient_scale, arguments);
    }
  }
  void save(StateDict& state) const override { moment_.save(state); }
  void load(const StateDict& state) override { moment_.load(state); }

 private:
  OptimizerConfig config_;
  kernels::MomentumRule rule_;
  std::vector<Segment>& segments_;
  Moments moment_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, std::vector<Segment>& segments) {
  switch (config.type) {
    case OptimizerType::adam:
    case OptimizerType::adamw: return std::make_unique<Adam>(config, segments);
    case OptimizerType::sgd: return std::make_unique<Momentum>(config, kernels::MomentumRule::sgd, segments);
    case OptimizerType::lion: return std::make_unique<Momentum>(config, kernels::MomentumRule::lion, segments);
    case OptimizerType::adafactor: return std::make_unique<Adafactor>(segments);
  }
  TORCH_CHECK(false, "unreachable optimizer type");
}

at::Tensor gradient_norm(const std::vector<Segment>& segments) {
  std::vector<at::Tensor> norms;
  for (const auto& segment : segments) norms.push_back(kernels::norm(segment.gradients));
  return norms.size() == 1 ? norms.front() : torch::stack(norms).norm();
}

}  // namespace attend
