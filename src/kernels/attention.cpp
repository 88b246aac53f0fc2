// B batch, N heads, M kv heads, Tq queries, Tk keys, H head size.
#include "attend/kernels/attention.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "attention_tasks.h"
#include "attention_tiles.h"
#include "rows.h"
#include "saved_dropout.h"

namespace attend::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// How q, k and v lie in the tensors that autograd knows.
enum class Layout : std::int64_t { separate, packed_self, packed_cross };

// (B, T, total): `heads` heads of H from head `first` on -> (B, heads, T, H)
at::Tensor heads_in(const at::Tensor& packed, std::int64_t first, std::int64_t heads, std::int64_t H) {
  return packed.narrow(2, first * H, heads * H).unflatten(2, {heads, H}).transpose(1, 2);
}

// Views, so that writing to the split of a packed gradient writes the gradient.
HeadTensors split(const tensor_list& x, Layout layout, HeadCounts heads) {
  const auto [N, M] = heads;
  switch (layout) {
    case Layout::separate: return {x[0], x[1], x[2]};
    case Layout::packed_self: {
      const std::int64_t H = x[0].size(2) / (N + 2 * M);
      return {heads_in(x[0], 0, N, H), heads_in(x[0], N, M, H), heads_in(x[0], N + M, M, H)};
    }
    case Layout::packed_cross: {
      const std::int64_t H = x[0].size(2) / N;
      return {heads_in(x[0], 0, N, H), heads_in(x[1], 0, M, H), heads_in(x[1], M, M, H)};
    }
  }
  TORCH_CHECK(false, "[attention] unknown layout");
}

// An empty tensor like x; four dimensions are stored as (B, T, heads, H).
at::Tensor empty_as(const at::Tensor& x) {
  if (x.dim() != 4) return at::empty(x.sizes(), x.options());
  return at::empty({x.size(0), x.size(2), x.size(1), x.size(3)}, x.options()).transpose(1, 2);
}

at::Tensor with_dense_rows(const at::Tensor& x) { return x.stride(-1) == 1 ? x : x.contiguous(); }

AttentionPlan plan_of(const HeadTensors& x, const AttentionArguments& a, const at::Tensor& key_valid) {
  return {x.q.size(0), x.q.size(1), x.k.size(1), x.q.size(2), x.k.size(2), x.q.size(3), a.causal, static_cast<float>(a.scale), a.dropout,
          key_valid.defined() ? key_valid.const_data_ptr<bool>() : nullptr};
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& first, const std::optional<at::Tensor>& second,
                             const std::optional<at::Tensor>& third, const std::pair<Layout, HeadCounts>& shape,
                             const AttentionArguments& a) {
    tensor_list inputs = {with_dense_rows(first)};
    for (const auto& x : {second, third})
      if (x) inputs.push_back(with_dense_rows(*x));
    const HeadTensors x = split(inputs, shape.first, shape.second);
    const at::Tensor key_valid = a.key_valid.defined() ? a.key_valid.contiguous() : a.key_valid;
    const at::Tensor out = empty_as(x.q);
    const at::Tensor log_sum_exp = at::empty({x.q.size(0), x.q.size(1), x.q.size(2)}, x.q.options().dtype(at::kFloat));
    attention_forward(plan_of(x, a, key_valid), x, out, log_sum_exp);

    keep(context, a.dropout);
    context->saved_data["inputs"] = static_cast<std::int64_t>(inputs.size());
    context->saved_data["layout"] = static_cast<std::int64_t>(shape.first);
    context->saved_data["heads"] = std::vector<std::int64_t>{shape.second.query, shape.second.key};
    context->saved_data["causal"] = a.causal;
    context->saved_data["scale"] = a.scale;
    tensor_list saved = inputs;
    saved.insert(saved.end(), {out, log_sum_exp, key_valid});
    context->save_for_backward(saved);
    context->mark_non_differentiable({log_sum_exp});
    return {out, log_sum_exp};
  }

  static tensor_list backward(AutogradContext* context, tensor_list d) {
    const auto saved = context->get_saved_variables();
    const auto count = static_cast<std::size_t>(context->saved_data["inputs"].toInt());
    const tensor_list inputs(saved.begin(), saved.begin() + static_cast<std::ptrdiff_t>(count));
    const auto layout = static_cast<Layout>(context->saved_data["layout"].toInt());
    const auto heads = context->saved_data["heads"].toIntVector();
    AttentionArguments a;
    a.causal = context->saved_data["causal"].toBool();
    a.scale = context->saved_data["scale"].toDouble();
    a.dropout = kept(context);
    tensor_list result(5);
    tensor_list gradients;
    for (std::size_t i = 0; i < count; ++i) gradients.push_back(result[i] = empty_as(inputs[i]));
    const HeadTensors x = split(inputs, layout, {heads[0], heads[1]});
    const at::Tensor key_valid = saved[count + 2];
    attention_backward(plan_of(x, a, key_valid), x, {saved[count], saved[count + 1]}, with_dense_rows(d[0]),
                       split(gradients, layout, {heads[0], heads[1]}));
    return result;
  }
};

static_assert(kMaxFusedHead == tiles::kMaxHead);

void check(const HeadTensors& x, const AttentionArguments& a) {
  const auto type = x.q.scalar_type();
  TORCH_CHECK(x.q.is_cpu() && is_fast_type(type) && x.q.dim() == 4 && x.q.size(3) <= kMaxFusedHead,
              "[attention] expected (B, N, T, H) float32 or bfloat16 on the CPU with H <= ", kMaxFusedHead, ", got ", x.q.sizes(), " ", type);
  const std::int64_t B = x.q.size(0), M = x.k.size(1), Tk = x.k.size(2), H = x.q.size(3);
  TORCH_CHECK(x.k.sizes() == x.v.sizes() && x.k.size(0) == B && x.k.size(3) == H && M > 0 && x.q.size(1) % M == 0 &&
                  x.k.scalar_type() == type && x.v.scalar_type() == type,
              "[attention] expected keys and values that fit q ", x.q.sizes(), ", got ", x.k.sizes(), " and ", x.v.sizes());
  TORCH_CHECK(!a.key_valid.defined() || (a.key_valid.scalar_type() == at::kBool && a.key_valid.sizes() == at::IntArrayRef({B, Tk})),
              "[attention] expected key_valid (B, Tk) bool");
}

AttentionResult run(const tensor_list& inputs, const std::pair<Layout, HeadCounts>& shape, const AttentionArguments& a) {
  {
    at::NoGradGuard no_grad;
    check(split(inputs, shape.first, shape.second), a);
  }
  const auto input = [&](std::size_t i) { return i < inputs.size() ? std::optional<at::Tensor>(inputs[i]) : std::nullopt; };
  AttentionArguments options = a;
  options.q = options.k = options.v = at::Tensor();
  const auto result = AttentionFunction::apply(inputs[0], input(1), input(2), shape, options);
  return {result[0], result[1]};
}

}  // namespace

bool fused_attention_covers(const AttentionArguments& a) {
  return a.q.is_cpu() && is_fast_type(a.q.scalar_type()) && a.q.size(-1) <= kMaxFusedHead;
}

AttentionResult fused_attention(const AttentionArguments& a) {
  return run({a.q, a.k, a.v}, {Layout::separate, {a.q.size(1), a.k.size(1)}}, a);
}

AttentionResult fused_self_attention(const at::Tensor& qkv, HeadCounts heads, const AttentionArguments& options) {
  TORCH_CHECK(qkv.dim() == 3 && qkv.size(2) % (heads.query + 2 * heads.key) == 0, "[attention] expected (B, T, (N + 2 M) H), got ", qkv.sizes());
  return run({qkv}, {Layout::packed_self, heads}, options);
}

AttentionResult fused_cross_attention(const at::Tensor& q, const at::Tensor& kv, HeadCounts heads, const AttentionArguments& options) {
  TORCH_CHECK(q.dim() == 3 && kv.dim() == 3 && q.size(2) % heads.query == 0 && kv.size(2) == 2 * heads.key * (q.size(2) / heads.query),
              "[attention] expected q (B, Tq, N H) and kv (B, Tk, 2 M H), got ", q.sizes(), " and ", kv.sizes());
  return run({q, kv}, {Layout::packed_cross, heads}, options);
}

}  // namespace attend::kernels
