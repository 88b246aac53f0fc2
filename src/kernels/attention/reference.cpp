// The plain form of attention.h: what the fused kernel must equal.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "attend/kernels/attention.h"
#include "attend/kernels/philox.h"

namespace attend::kernels {
namespace {

// Place of the first query among the keys.
std::int64_t first_place(const AttentionArguments& a) { return a.k.size(2) - a.ahead - a.q.size(2); }

// How far key j stands behind query i: (Tq, Tk), negative for earlier keys.
at::Tensor distances(const AttentionArguments& a) {
  const std::int64_t first = first_place(a);
  const auto options = a.q.options().dtype(at::kLong);
  return at::arange(a.k.size(2), options).unsqueeze(0) - at::arange(first, first + a.q.size(2), options).unsqueeze(1);
}

// true where a query may see a key: (B or 1, N or 1, Tq or 1, Tk); undefined where all may.
at::Tensor visible(const AttentionArguments& a) {
  at::Tensor mask;
  const auto narrow = [&](const at::Tensor& more) { mask = mask.defined() ? mask.logical_and(more) : more; };
  if (a.key_valid.defined()) narrow(a.key_valid.unsqueeze(1).unsqueeze(1));
  if (a.causal) narrow(distances(a).le(0).unsqueeze(0).unsqueeze(0));
  if (a.plan.window > 0) narrow(distances(a).abs().lt(a.plan.window).unsqueeze(0).unsqueeze(0));
  if (a.plan.has_blocks()) narrow(visible_in_blocks(a.plan, first_place(a), a.q.size(2), a.k.size(2)));
  if (a.segments.defined())
    narrow(a.segments.narrow(1, first_place(a), a.q.size(2)).unsqueeze(2).eq(a.segments.unsqueeze(1)).unsqueeze(1));
  return mask;
}

// scale q k^T with everything that is added to it, before the mask: (B, N, Tq, Tk)
at::Tensor scores_of(const AttentionArguments& a, const at::Tensor& k) {
  at::Tensor scores = at::matmul(a.q.to(k.scalar_type()), k.transpose(-1, -2)) * a.scale;
  if (a.softcap > 0) scores = at::tanh(scores / a.softcap) * a.softcap;
  if (a.score_bias.defined()) scores = scores + a.score_bias.to(k.scalar_type());
  if (!a.distance_bias.defined()) return scores;
  const at::Tensor index = distances(a) + (a.k.size(2) - 1);
  const at::Tensor bias = a.distance_bias.to(k.scalar_type()).index_select(1, index.reshape({-1}));
  return scores + bias.view({-1, a.q.size(2), a.k.size(2)}).unsqueeze(0);
}

// Over the keys. Its gradient is the probabilities, which are there in any case: nothing more is kept for backward, and
// a row without keys has none.
struct LogSumExp : torch::autograd::Function<LogSumExp> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& scores,
                            const at::Tensor& weights) {
    context->save_for_backward({weights});
    return at::logsumexp(scores, {-1});
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list d) {
    return {d[0].unsqueeze(-1) * context->get_saved_variables()[0], at::Tensor()};
  }
};

}  // namespace

at::Tensor per_query_head(const at::Tensor& x, std::int64_t N) {
  return x.size(1) == N ? x : x.repeat_interleave(N / x.size(1), 1);
}

ReferenceAttentionResult reference_attention(const AttentionArguments& a) {
  const at::ScalarType type = a.q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const std::int64_t N = a.q.size(1);
  check_plan(a.plan, {a.q.size(0), N, a.q.size(2), a.k.size(2)});
  const at::Tensor k = per_query_head(a.k.to(type), N), v = per_query_head(a.v.to(type), N);
  at::Tensor scores = scores_of(a, k);
  const at::Tensor mask = visible(a);
  if (mask.defined()) scores = scores.masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  // A row of -inf would give 0 / 0, so such rows are softmaxed over zeros and then cleared.
  at::Tensor weights;
  if (mask.defined()) {
    const at::Tensor empty = mask.any(-1, true).logical_not();
    weights = at::softmax(scores.masked_fill(empty, 0.0), -1).masked_fill(empty, 0.0);
  } else {
    weights = at::softmax(scores, -1);
  }
  at::Tensor kept = weights;
  if (a.dropout.active())
    kept = weights * attention_dropout_factors(weights.sizes(), a.dropout, weights.device(), a.drawn).to(type);
  const at::Tensor out = at::matmul(kept, v).transpose(1, 2).contiguous().transpose(1, 2).to(a.q.scalar_type());
  return {out, weights, LogSumExp::apply(scores, weights.detach()), kept};
}

}  // namespace attend::kernels
