// SGD, Adafactor and Lion against tests/golden/optimizers.safetensors, written by scripts/goldens/optimizers.py.
#include <torch/types.h>

#include "attend/optim/groups.h"
#include "attend/optim/optimizer.h"
#include "tests/golden/golden.h"
#include "tests/kernels/compare.h"
#include "tests/support/options.h"

using namespace attend;
using namespace attend::test;

namespace {

struct Case {
  std::string name;
  OptimizerType type;
  std::vector<double> betas;
  double weight_decay;
};

const std::vector<Case> kCases{{"sgd_plain", OptimizerType::sgd, {0.0, 0.98}, 0.0},
                               {"sgd_momentum", OptimizerType::sgd, {0.9, 0.98}, 0.1},
                               {"lion", OptimizerType::lion, {0.9, 0.98}, 0.1},
                               {"adafactor", OptimizerType::adafactor, {0.9, 0.98}, 0.0},
                               {"adafactor_decay", OptimizerType::adafactor, {0.9, 0.98}, 0.1}};

const NamedTensors& golden() { return golden_tensors("optimizers"); }

// Largest difference from the golden weights over all updates.
double worst_of(const Case& wanted, at::ScalarType type) {
  OptimizerConfig config;
  test::choose_optimizer(config, wanted.type, wanted.betas);
  config.weight_decay = wanted.weight_decay;
  config.decay = DecayTarget::all;
  std::vector<NamedParameter> parameters;
  for (const std::string name : {"matrix", "vector"})
    parameters.push_back({name, golden().at(name).to(type, false, true).requires_grad_(true)});
  auto segments = make_segments(parameters, {at::kFloat, [&](const NamedParameter& p) { return rule_of(config, p); }});
  const auto optimizer = make_optimizer(config, segments);
  double worst = 0;
  const torch::NoGradGuard no_grad;
  for (std::int64_t t = 0; t < golden().at("matrix_gradients").size(0); ++t) {
    // A sum over four tokens; the factor makes it their mean.
    for (const auto& [name, leaf] : parameters) leaf.mutable_grad().copy_(4 * golden().at(name + "_gradients")[t]);
    optimizer->step(t + 1, 0.01, torch::tensor(0.25f));
    for (const auto& [name, leaf] : parameters)
      worst = std::max(worst, difference(leaf, golden().at(wanted.name + "/" + name)[t]));
  }
  return worst;
}

}  // namespace

TEST_CASE("golden: thirty updates of SGD and Adafactor are PyTorch's, of Lion its paper's, in double and in float") {
  for (const auto& wanted : kCases) {
    INFO(wanted.name);
    CHECK(worst_of(wanted, at::kDouble) <= 1e-12);
    CHECK(worst_of(wanted, at::kFloat) <= 2e-6);
  }
}
