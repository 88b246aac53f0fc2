#include "attend/nn/recompute.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace attend {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct Kept : torch::CustomClassHolder {
  RecomputedPart part;
  std::vector<at::Tensor> weights;
};

// Inputs and weights are arguments so that autograd knows what depends on the result. The forward pass of a Function
// records nothing.
struct Recompute : torch::autograd::Function<Recompute> {
  static tensor_list forward(AutogradContext* context, at::TensorList inputs, at::TensorList /*weights*/,
                            const c10::intrusive_ptr<Kept>& kept) {
    context->save_for_backward(inputs.vec());
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return kept->part(inputs.vec());
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
    tensor_list inputs, wanted;
    std::vector<std::size_t> places;  // of what is wanted among inputs and weights
    const auto want = [&](const at::Tensor& x, std::size_t place) {
      if (!x.requires_grad()) return;
      wanted.push_back(x);
      places.push_back(place);
    };
    for (const auto& saved : context->get_saved_variables()) {
      inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
      want(inputs.back(), inputs.size() - 1);
    }
    for (std::size_t i = 0; i < kept->weights.size(); ++i) want(kept->weights[i], inputs.size() + i);

    tensor_list results;
    {
      const at::AutoGradMode record(true);
      results = kept->part(inputs);
    }
    tensor_list differentiable, known;  // outputs that depend on something, and their gradients
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!results[i].requires_grad() || !gradients[i].defined()) continue;
      differentiable.push_back(results[i]);
      known.push_back(gradients[i]);
    }
    const auto found = torch::autograd::grad(differentiable, wanted, known, /*retain_graph=*/false,
                                             /*create_graph=*/false, /*allow_unused=*/true);
    tensor_list all(inputs.size() + kept->weights.size() + 1);
    for (std::size_t i = 0; i < places.size(); ++i) all[places[i]] = found[i];
    return all;
  }
};

}  // namespace

std::vector<at::Tensor> recompute(RecomputedPart part, const std::vector<at::Tensor>& inputs,
                                  const std::vector<at::Tensor>& weights) {
  auto kept = c10::make_intrusive<Kept>();
  kept->part = std::move(part);
  kept->weights = weights;
  return Recompute::apply(at::TensorList(inputs), at::TensorList(weights), kept);
}

}  // namespace attend
