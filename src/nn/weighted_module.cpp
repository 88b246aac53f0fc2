#include "attend/nn/weighted_module.h"

#include <torch/types.h>

namespace attend {

void WeightedModule::register_weight(const std::string& name, Weight& weight, at::Tensor value, Start start) {
  weight.master = start_parameter(name, std::move(value), start);
  weights_.push_back(&weight);
}

void set_working_copies(torch::nn::Module& root, const std::function<at::Tensor(const at::Tensor&)>& copy_of) {
  root.apply([&](torch::nn::Module& module) {
    auto* layer = dynamic_cast<WeightedModule*>(&module);
    if (!layer) return;
    for (Weight* weight : layer->weights()) weight->working = copy_of(weight->master);
  });
}

void cast_working_copies(torch::nn::Module& root, at::ScalarType compute) {
  torch::NoGradGuard no_grad;
  set_working_copies(root, [&](const at::Tensor& master) {
    return master.scalar_type() == compute || compute == at::kFloat ? at::Tensor() : master.detach().to(compute);
  });
}

}  // namespace attend
