#include "attend/nn/layer.h"

#include <torch/types.h>

namespace attend {

void Layer::register_weight(const std::string& name, Weight& weight, at::Tensor value) {
  weight.master = register_parameter(name, std::move(value));
  weights_.push_back(&weight);
}

void set_working_copies(torch::nn::Module& root, const std::function<at::Tensor(const at::Tensor&)>& copy_of) {
  root.apply([&](torch::nn::Module& module) {
    auto* layer = dynamic_cast<Layer*>(&module);
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
