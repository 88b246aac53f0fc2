// D model, V vocabulary. A chunk of logits is computed, turned into its own gradient in place, and multiplied out.
#include "attend/kernels/cross_entropy.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops/cross_entropy_loops.h"
#include "loops/sums.h"

namespace attend::kernels {
namespace {

// How much each row counts: 0 where its label is ignored.
at::Tensor weights_of(const CrossEntropyInput& input, at::ScalarType type) {
  const at::Tensor counts = input.labels.ne(input.ignore).to(type);
  return input.row_weights.defined() ? counts * input.row_weights.to(type) : counts;
}

at::Tensor count_of(const CrossEntropyInput& input) {
  return input.row_weights.defined() ? weights_of(input, at::kFloat).sum() : input.labels.ne(input.ignore).sum();
}

}  // namespace

namespace reference {

CrossEntropyResult cross_entropy(const CrossEntropyInput& input) {
  const at::Tensor z_low = linear(input.hidden, input.weight, input.bias);
  const at::Tensor z = z_low.to(z_low.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  const at::Tensor counts = input.labels.ne(input.ignore);
  const at::Tensor labels = input.labels.masked_fill(counts.logical_not(), 0).unsqueeze(1);
  const at::Tensor lse = at::logsumexp(z, {1}), target = z.gather(1, labels).squeeze(1);
  const at::Tensor smoothed = lse - (1 - input.smoothing) * target - input.smoothing * z.mean(1);
  const at::Tensor weight = weights_of(input, z.scalar_type());
  return {(smoothed * weight).sum(), ((lse - target) * weight).sum().detach(), count_of(input)};
}

}  // namespace reference

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr std::int64_t kChunkElements = 5 << 20;  // logits of a chunk: about 10 MB of bfloat16

struct Wanted {
  bool hidden, weight, bias;
  bool any() const { return hidden || weight || bias; }
};

// Gradients were made with the losses; backward only multiplies by what arrives.
tensor_list scaled_gradients(AutogradContext* context, const at::Tensor& arriving) {
  tensor_list result(5);
  const auto saved = context->get_saved_variables();
  for (std::size_t i = 0; i < 3; ++i)
    if (saved[i].defined()) result[i] = saved[i] * arriving.to(saved[i].scalar_type());
  return result;
}

// Sums of the losses and, where wanted, the gradients of the sum of smoothed losses; all over rows that count.
struct LossAndGradients {
  double smoothed = 0, nll = 0;
  at::Tensor hidden, weight, bias;
};

// Of the rows of a chunk.
struct ChunkLabels {
  const std::int64_t* labels;
  const float* weights;  // null: all 1
  float weight(std::int64_t row) const { return weights ? weights[row] : 1.0f; }
};

template <class T>
void chunk_losses(const at::Tensor& logits, const ChunkLabels& here, const loops::GradientOfLogits& gradient,
                  LossAndGradients& result) {
  const std::int64_t rows = logits.size(0), V = logits.size(1);
  T* z = logits.mutable_data_ptr<T>();
  std::vector<loops::RowLoss> losses(static_cast<std::size_t>(rows));
  at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r)
      losses[static_cast<std::size_t>(r)] =
          loops::cross_entropy_row(z + r * V, V, here.labels[r], {gradient.wanted, gradient.smoothing, here.weight(r)});
  });
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto& l = losses[static_cast<std::size_t>(r)];
    const double weight = here.weight(r);
    result.smoothed += weight * (l.log_sum_exp - (1 - gradient.smoothing) * l.target - gradient.smoothing * l.mean);
    result.nll += weight * (double{l.log_sum_exp} - l.target);
  }
}

// The rows that count.
struct CountedRows {
  at::Tensor hidden, labels, weights;  // weights float32 or undefined
};

LossAndGradients losses_of(const CountedRows& counted, const at::Tensor& weight, const at::Tensor& bias,
                           double smoothing, const Wanted& wanted) {
  const at::Tensor &hidden = counted.hidden, &labels = counted.labels;
  const std::int64_t rows = hidden.size(0), V = weight.size(0), chunk = std::max<std::int64_t>(64, kChunkElements / V);
  const auto floats = weight.options().dtype(at::kFloat);
  LossAndGradients result;
  if (wanted.hidden) result.hidden = at::empty(hidden.sizes(), hidden.options());
  if (wanted.weight) result.weight = at::zeros(weight.sizes(), floats);
  if (wanted.bias) result.bias = at::zeros({V}, floats);
  const at::Tensor buffer = at::empty({std::min(chunk, rows), V}, weight.options());
  const at::Tensor product = wanted.weight ? at::empty(weight.sizes(), weight.options()) : at::Tensor();
  const at::Tensor transposed = weight.t();
  for (std::int64_t first = 0; first < rows; first += chunk) {
    const std::int64_t n = std::min(chunk, rows - first);
    at::Tensor h = hidden.narrow(0, first, n), z = buffer.narrow(0, 0, n);
    if (bias.defined()) at::addmm_out(z, bias, h, transposed);
    else at::mm_out(z, h, transposed);
    const ChunkLabels here{labels.const_data_ptr<std::int64_t>() + first,
                           counted.weights.defined() ? counted.weights.const_data_ptr<float>() + first : nullptr};
    with_element_type(z.scalar_type(), [&](auto* type) {
      chunk_losses<ElementOf<decltype(type)>>(z, here, {wanted.any(), smoothing}, result);
    });
    if (wanted.hidden) {
      at::Tensor out = result.hidden.narrow(0, first, n);
      at::mm_out(out, z, weight);
    }
    if (wanted.weight) {
      at::Tensor out = product;
      at::mm_out(out, z.t(), h);
      add_to(result.weight, product);
    }
    if (wanted.bias) add_to(result.bias, column_sum(z));
  }
  return result;
}

// The same for every device and type with ATen's functions; sums stay on the device.
struct PlainLosses {
  at::Tensor smoothed, nll, hidden, weight, bias;
};

PlainLosses plain_losses_of(const at::Tensor& hidden, const CrossEntropyInput& input, const Wanted& wanted) {
  const at::Tensor weight = input.weight.compute(), bias = input.bias.defined() ? input.bias.compute() : at::Tensor();
  const auto wide = weight.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto sums = hidden.options().dtype(wide);
  const std::int64_t rows = hidden.size(0), V = weight.size(0), chunk = std::max<std::int64_t>(64, kChunkElements / V);
  const at::Tensor all_weights = weights_of(input, wide);
  PlainLosses result{at::zeros({}, sums), at::zeros({}, sums), {}, {}, {}};
  if (wanted.hidden) result.hidden = at::empty_like(hidden);
  if (wanted.weight) result.weight = at::zeros(weight.sizes(), sums);
  if (wanted.bias) result.bias = at::zeros({V}, sums);
  for (std::int64_t first = 0; first < rows; first += chunk) {
    const std::int64_t n = std::min(chunk, rows - first);
    const at::Tensor h = hidden.narrow(0, first, n).to(weight.scalar_type()), labels = input.labels.narrow(0, first, n);
    const at::Tensor counts = labels.ne(input.ignore), known = labels.masked_fill(counts.logical_not(), 0).unsqueeze(1);
    const at::Tensor z = (bias.defined() ? at::addmm(bias, h, weight.t()) : at::mm(h, weight.t())).to(wide);
    const at::Tensor lse = at::logsumexp(z, {1}), target = z.gather(1, known).squeeze(1),
                     row_weight = all_weights.narrow(0, first, n);
    result.smoothed += ((lse - (1 - input.smoothing) * target - input.smoothing * z.mean(1)) * row_weight).sum();
    result.nll += ((lse - target) * row_weight).sum();
    if (!wanted.any()) continue;
    // softmax - (1 - smoothing) at the label - smoothing / V everywhere
    at::Tensor gradient = (z - lse.unsqueeze(1)).exp_().sub_(input.smoothing / static_cast<double>(V));
    gradient.scatter_add_(1, known, at::full_like(known, -(1 - input.smoothing), gradient.options()))
        .mul_(row_weight.unsqueeze(1));
    if (wanted.bias) result.bias += gradient.sum(0);
    const at::Tensor low = gradient.to(weight.scalar_type());
    if (wanted.hidden) result.hidden.narrow(0, first, n).copy_(at::mm(low, weight));
    if (wanted.weight) result.weight += at::mm(low.t(), h);
  }
  return result;
}

struct PlainCrossEntropy : torch::autograd::Function<PlainCrossEntropy> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& master,
                             const std::optional<at::Tensor>& /*master_bias*/, const CrossEntropyInput& input,
                             const Wanted& wanted) {
    const PlainLosses result = plain_losses_of(hidden, input, wanted);
    const auto as_master = [&](const at::Tensor& gradient) {
      return gradient.defined() ? gradient.to(master.scalar_type()) : gradient;
    };
    context->save_for_backward({result.hidden, as_master(result.weight), as_master(result.bias)});
    const at::Tensor count = count_of(input);
    context->mark_non_differentiable({result.nll, count});
    return {result.smoothed, result.nll, count};
  }
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return scaled_gradients(context, gradients[0]);
  }
};

struct CrossEntropyFunction : torch::autograd::Function<CrossEntropyFunction> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& /*master*/,
                             const std::optional<at::Tensor>& master_bias, const CrossEntropyInput& input,
                             const Wanted& wanted) {
    const at::Tensor weight = input.weight.compute().contiguous();
    const at::Tensor bias = master_bias ? input.bias.compute().to(weight.scalar_type()) : at::Tensor();
    const at::Tensor kept = at::nonzero(input.labels.ne(input.ignore)).squeeze(1);
    const bool all = kept.size(0) == hidden.size(0);
    const at::Tensor rows = (all ? hidden : hidden.index_select(0, kept)).to(weight.scalar_type()).contiguous();
    const at::Tensor labels = all ? input.labels.contiguous() : input.labels.index_select(0, kept);
    at::Tensor weights = input.row_weights.defined() ? input.row_weights.to(at::kFloat).contiguous() : at::Tensor();
    if (weights.defined() && !all) weights = weights.index_select(0, kept);
    if (kept.size(0) > 0) {
      const auto [least, most] = at::aminmax(labels);
      TORCH_CHECK(least.item<std::int64_t>() >= 0 && most.item<std::int64_t>() < weight.size(0),
                  "[cross_entropy] expected labels in 0..", weight.size(0) - 1, ", got ", least.item<std::int64_t>(),
                  "..", most.item<std::int64_t>());
    }
    const LossAndGradients result = losses_of({rows, labels, weights}, weight, bias, input.smoothing, wanted);
    at::Tensor dh = result.hidden;
    if (dh.defined()) dh = dh.to(hidden.scalar_type());
    if (dh.defined() && !all) dh = at::zeros(hidden.sizes(), hidden.options()).index_copy_(0, kept, dh);
    context->save_for_backward({dh, result.weight, result.bias});
    context->saved_data["has_bias"] = master_bias.has_value();
    const auto scalar = hidden.options().dtype(at::kFloat);
    // Sums in double precision that the type of the result cannot hold become infinite.
    const at::Tensor nll = at::full({}, result.nll, at::kDouble).to(scalar);
    const at::Tensor count =
        weights.defined() ? weights.sum() : at::full({}, kept.size(0), hidden.options().dtype(at::kLong));
    context->mark_non_differentiable({nll, count});
    return {at::full({}, result.smoothed, at::kDouble).to(scalar), nll, count};
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return scaled_gradients(context, gradients[0]);
  }
};

}  // namespace

CrossEntropyResult cross_entropy(const CrossEntropyInput& input) {
  TORCH_CHECK(input.hidden.dim() == 2 && input.labels.dim() == 1 && input.labels.size(0) == input.hidden.size(0),
              "[cross_entropy] expected hidden (rows, D) and labels (rows), got ", input.hidden.sizes(), " and ",
              input.labels.sizes());
  const at::Tensor &h = input.hidden, &w = input.weight.master;
  const bool fast = h.is_cpu() && is_fast_type(h.scalar_type()) && is_fast_type(input.weight.compute().scalar_type()) &&
                    w.scalar_type() == at::kFloat;
  const bool train = at::GradMode::is_enabled();
  const Wanted wanted{train && h.requires_grad(), train && w.requires_grad(),
                      train && input.bias.defined() && input.bias.master.requires_grad()};
  const auto result = fast ? CrossEntropyFunction::apply(h, w, if_defined(input.bias.master), input, wanted)
                           : PlainCrossEntropy::apply(h, w, if_defined(input.bias.master), input, wanted);
  return {result[0], result[1], result[2]};
}

}  // namespace attend::kernels
