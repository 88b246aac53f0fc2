#include "attend/training/batch_gradients.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "attend/core/mutant.h"

namespace attend {
namespace {

void add_to(at::Tensor& total, const at::Tensor& value) {
  const auto added = value.detach().to(at::kDouble);
  total = total.defined() ? total + added : added;
}

}  // namespace

BatchGradients::BatchGradients(Task& task, Model& model, const Runtime& runtime, std::uint64_t seed)
    : task_(task), model_(model), runtime_(runtime), seed_(seed) {
  for (const auto& leaf : model.parameters()) {
    if (!leaf.requires_grad()) continue;
    leaves_.push_back(leaf);
    leaf_bytes_ += static_cast<std::int64_t>(leaf.nbytes());
  }
}

void BatchGradients::add(std::int64_t step, const Batch& batch, LossSums& sums) {
  auto parts = differentiate(step, batch.split(parts_of(batch)));
  const torch::NoGradGuard no_grad;
  for (auto& part : parts) {
    for (std::size_t i = 0; i < part.gradients.size(); ++i)
      if (part.gradients[i].defined()) leaves_[i].mutable_grad().add_(part.gradients[i]);
    part.gradients.clear();
    add_to(sums.loss, part.terms.at(0).sum);
    add_to(sums.nll, part.terms.at(1).sum);
    add_to(sums.count, part.terms.at(0).count);
  }
}

// As many as there are threads, or one: inside a part nothing more is shared out.
std::int64_t BatchGradients::parts_of(const Batch& batch) const {
  const std::int64_t threads = at::get_num_threads();
  const bool one_each = runtime_.device.is_cpu() && batch.rows >= threads && threads * leaf_bytes_ <= kMostBytes;
  return one_each && !task_.remembers() ? threads : 1;
}

BatchGradients::Part BatchGradients::forward(std::int64_t step, const Batch& batch) {
  ForwardContext context;
  context.training = true;
  context.draws = {seed_, step, batch.first_row};
  Part part{task_.loss(model_, batch.to(runtime_.device), context), {}, {}};
  for (const auto& term : part.terms)
    if (term.weight != 0) part.total = part.total.defined() ? part.total + term.sum * term.weight : term.sum * term.weight;
  if (mutated("accumulation_not_scaled")) part.total = part.total / part.terms.at(0).count.to(part.total.scalar_type());
  return part;
}

std::vector<BatchGradients::Part> BatchGradients::differentiate(std::int64_t step, const std::vector<Batch>& batches) {
  std::vector<Part> parts(batches.size());
  if (batches.size() == 1) {  // straight into the leaves
    parts[0] = forward(step, batches[0]);
    parts[0].total.backward();
    return parts;
  }
  at::parallel_for(0, static_cast<std::int64_t>(batches.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      parts[i] = forward(step, batches[i]);
      parts[i].gradients = torch::autograd::grad({parts[i].total}, leaves_, {}, /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
      parts[i].total.reset();
    }
  });
  return parts;
}

}  // namespace attend
