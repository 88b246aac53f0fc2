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
  Adam(const AdamOptions& options, bool decoupled, std::vector<Segment>& segments)
      : options_(options),
        decoupled_(decoupled),
        segments_(segments),
        first_("first_moment", segments),
        second_("second_moment", segments) {}

  void step(std::int64_t step, double lr, const at::Tensor& gradient_scale) override {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto& segment = segments_[i];
      kernels::AdamArguments arguments{lr * segment.lr_scale, options_.betas[0], options_.betas[1], options_.eps,
                                       segment.weight_decay};
      arguments.decoupled = decoupled_;
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
  AdamOptions options_;
  bool decoupled_;  // AdamW: weight decay apart from the gradient
  std::vector<Segment>& segments_;
  Moments first_, second_;
};

// SGD and Lion.
class Momentum final : public Optimizer {
 public:
  Momentum(const Betas& options, kernels::MomentumRule rule, std::vector<Segment>& segments)
      : options_(options), rule_(rule), segments_(segments), moment_("momentum", segments) {}

  void step(std::int64_t, double lr, const at::Tensor& gradient_scale) override {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto& segment = segments_[i];
      const kernels::MomentumArguments arguments{rule_, lr * segment.lr_scale, options_.betas[0], options_.betas[1],
                                                 segment.weight_decay};
      kernels::momentum({segment.weights, segment.gradients, moment_[i], segment.working}, gradient_scale, arguments);
    }
  }
  void save(StateDict& state) const override { moment_.save(state); }
  void load(const StateDict& state) override { moment_.load(state); }

 private:
  Betas options_;
  kernels::MomentumRule rule_;
  std::vector<Segment>& segments_;
  Moments moment_;
};

// One overload a type: a type without one does not compile.
using Segments = std::vector<Segment>;
using Made = std::unique_ptr<Optimizer>;
Made make(const AdamOptions& options, Segments& segments) { return std::make_unique<Adam>(options, false, segments); }
Made make(const AdamwOptions& options, Segments& segments) { return std::make_unique<Adam>(options, true, segments); }
Made make(const SgdOptions& options, Segments& segments) {
  return std::make_unique<Momentum>(options, kernels::MomentumRule::sgd, segments);
}
Made make(const LionOptions& options, Segments& segments) {
  return std::make_unique<Momentum>(options, kernels::MomentumRule::lion, segments);
}
Made make(const AdafactorOptions&, Segments& segments) { return std::make_unique<Adafactor>(segments); }

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config, std::vector<Segment>& segments) {
  return std::visit([&](const auto& options) { return make(options, segments); }, config.options);
}

at::Tensor gradient_norm(const std::vector<Segment>& segments) {
  std::vector<at::Tensor> norms;
  for (const auto& segment : segments) norms.push_back(kernels::norm(segment.gradients));
  return norms.size() == 1 ? norms.front() : torch::stack(norms).norm();
}

}  // namespace attend
