// Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019); formulas in kernels/optimizer.h.
#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/kernels/optimizer.h"
#include "attend/optim/optimizer.h"

namespace attend {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const OptimizerConfig& config, std::vector<Segment>& segments) : config_(config), segments_(segments) {
    for (const auto& segment : segments_) {
      first_.push_back(torch::zeros_like(segment.weights));
      second_.push_back(torch::zeros_like(segment.weights));
    }
  }

  void step(std::int64_t step, double lr, const at::Tensor& gradient_scale) override {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto& segment = segments_[i];
      kernels::AdamArguments arguments{lr * segment.lr_scale, config_.betas[0], config_.betas[1], config_.eps, segment.weight_decay};
      arguments.decoupled = config_.type == OptimizerType::adamw;
      arguments.step = step;
      kernels::adam({segment.weights, segment.gradients, first_[i], second_[i], segment.working}, gradient_scale, arguments);
    }
  }

  void save(StateDict& state) const override {
    for_each_view([&](const std::string& name, const at::Tensor& moment) { state.tensors[name] = moment; });
  }

  void load(const StateDict& state) override {
    for_each_view([&](const std::string& name, const at::Tensor& moment) {
      const auto found = state.tensors.find(name);
      if (found == state.tensors.end() || found->second.sizes() != moment.sizes())
        throw ModelError("[optimizer] expected a tensor ", name, " of shape ", moment.sizes(), " in the checkpoint; start over with --fresh");
      moment.copy_(found->second);
    });
  }

 private:
  template <class F>
  void for_each_view(F&& f) const {
    for (std::size_t i = 0; i < segments_.size(); ++i)
      for (const auto& view : segments_[i].views) {
        f("first_moment." + view.name, Segment::view(first_[i], view));
        f("second_moment." + view.name, Segment::view(second_[i], view));
      }
  }

  OptimizerConfig config_;
  std::vector<Segment>& segments_;
  std::vector<at::Tensor> first_, second_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, std::vector<Segment>& segments) {
  switch (config.type) {
    case OptimizerType::adam:
    case OptimizerType::adamw: return std::make_unique<Adam>(config, segments);
    case OptimizerType::sgd:
    case OptimizerType::adafactor:
    case OptimizerType::lion: break;
  }
  TORCH_CHECK(false, "unreachable optimizer type");
}

double weight_decay_of(const OptimizerConfig& config, const NamedParameter& parameter) {
  const bool decays = config.decay == DecayTarget::all || parameter.tensor.dim() >= 2;
  return decays ? config.weight_decay : 0.0;
}

at::Tensor gradient_norm(const std::vector<Segment>& segments) {
  std::vector<at::Tensor> norms;
  for (const auto& segment : segments) norms.push_back(kernels::norm(segment.gradients));
  return norms.size() == 1 ? norms.front() : torch::stack(norms).norm();
}

}  // namespace attend
