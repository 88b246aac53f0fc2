#include "attend/training/batch_gradients.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "attend/core/log.h"

namespace attend {
namespace {

std::vector<at::Tensor> trained(const Model& model) {
  auto leaves = model.parameters();
  std::erase_if(leaves, [](const at::Tensor& leaf) { return !leaf.requires_grad(); });
  return leaves;
}

}  // namespace

BatchGradients::BatchGradients(Task& task, Model& model, const Runtime& runtime, std::uint64_t seed)
    : task_(task), model_(model), runtime_(runtime), seed_(seed), leaves_(trained(model)) {}

void BatchGradients::add(std::int64_t step, const Batch& batch, std::vector<LossTerm>& sums) {
  auto parts = differentiate(step, batch.split(parts_of(batch)));
  const torch::NoGradGuard no_grad;
  for (auto& part : parts) {
    for (std::size_t i = 0; i < part.gradients.size(); ++i)
      if (part.gradients[i].defined()) leaves_[i].mutable_grad().add_(part.gradients[i]);
    part.gradients.clear();
    add_terms(sums, part.terms);
  }
}

std::int64_t BatchGradients::added_bytes(const Model& model) {
  std::int64_t bytes = 0;
  for (const auto& leaf : trained(model))
    bytes += (at::get_num_threads() - 1) * static_cast<std::int64_t>(leaf.nbytes());
  return bytes <= kMostBytes ? bytes : 0;
}

bool BatchGradients::may_share() const {
  return shares_ && runtime_.device.is_cpu() && !task_.remembers() && added_bytes(model_) > 0;
}

// As many as there are threads, or one: inside a part nothing more is shared out.
std::int64_t BatchGradients::parts_of(const Batch& batch) const {
  const std::int64_t threads = at::get_num_threads();
  return batch.rows >= threads && may_share() ? threads : 1;
}

bool BatchGradients::stop_sharing() {
  if (!may_share()) return false;
  shares_ = false;
  log_warning("out of memory: a batch is not shared out among the threads from now on");
  return true;
}

BatchGradients::Part BatchGradients::forward(std::int64_t step, const Batch& batch) {
  ForwardContext context;
  context.training = true;
  context.draws = {seed_, step, batch.first_row};
  Part part;
  std::vector<LossTerm> further;
  context.auxiliary = &further;
  part.terms = task_.loss(model_, batch.to(runtime_.device), context);
  part.terms.insert(part.terms.end(), further.begin(), further.end());
  part.objective = objective_of(part.terms);
  return part;
}

// The first part's gradients go straight into the leaves.
std::vector<BatchGradients::Part> BatchGradients::differentiate(std::int64_t step, const std::vector<Batch>& batches) {
  std::vector<Part> parts(batches.size());
  const auto one = [&](std::size_t i) {
    parts[i] = forward(step, batches[i]);
    if (i == 0) parts[i].objective.backward();
    else
      parts[i].gradients = torch::autograd::grad({parts[i].objective}, leaves_, {}, /*retain_graph=*/false,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
    parts[i].objective.reset();
    for (auto& term : parts[i].terms) term.sum = term.sum.detach();  // the graph ends on this thread
  };
  if (parts.size() == 1) one(0);
  else
    at::parallel_for(0, static_cast<std::int64_t>(parts.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) one(static_cast<std::size_t>(i));
    });
  return parts;
}

}  // namespace attend
