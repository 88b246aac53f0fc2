// B batch, N heads, M kv heads, Tq queries, Tk keys, H head size.
#include "attend/kernels/attention.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "tasks.h"
#include "tiles.h"
#include "../loops/draws.h"
#include "../loops/rows.h"
#include "../loops/saved_dropout.h"

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

at::Tensor empty_as(const at::Tensor& x) { return x.dim() == 4 ? empty_heads(x) : at::empty(x.sizes(), x.options()); }

// What a plan points at, in the form the tasks read.
struct PlanTensors {
  at::Tensor key_valid;  // (B, Tk) bool
  at::Tensor segments;   // (B, T, 2) int32
  at::Tensor bias;       // (N, Tq + Tk - 1 + kBiasSlack) float32
  at::Tensor key_blocks; // (B or 1, N or 1, I, K) int32
};

template <class T>
const T* data_or_null(const at::Tensor& x) {
  return x.defined() ? x.const_data_ptr<T>() : nullptr;
}

// A block that is listed twice would count twice.
at::Tensor ascending(const at::Tensor& key_blocks) {
  const at::Tensor lists = key_blocks.contiguous();
  const std::int64_t count = lists.size(3);
  const std::int32_t* list = lists.const_data_ptr<std::int32_t>();
  for (const std::int32_t* end = list + lists.numel(); list < end; list += count)
    for (std::int64_t i = 1; i < count && list[i] >= 0; ++i)
      TORCH_CHECK(list[i - 1] < list[i], "[key plan] expected blocks in ascending order, got ", list[i - 1], " before ",
                  list[i]);
  return lists;
}

BlockLists lists_of(const KeyPlan& plan, const PlanTensors& more) {
  if (!plan.has_blocks()) return {};
  const at::Tensor& lists = more.key_blocks;
  const auto stride = [&](std::int64_t dim) { return lists.size(dim) == 1 ? 0 : lists.stride(dim); };
  return {plan.block, lists.const_data_ptr<std::int32_t>(), stride(0), stride(1), lists.size(3)};
}

AttentionPlan plan_of(const HeadTensors& x, const AttentionArguments& a, const PlanTensors& more) {
  return {x.q.size(0),
          x.q.size(1),
          x.k.size(1),
          x.q.size(2),
          x.k.size(2),
          x.q.size(3),
          a.causal,
          static_cast<float>(a.scale),
          a.dropout,
          data_or_null<bool>(more.key_valid),
          a.plan.window,
          lists_of(a.plan, more),
          data_or_null<std::int32_t>(more.segments),
          data_or_null<float>(more.bias),
          more.bias.defined() ? more.bias.size(1) : 0};
}

// (B, T) numbers, each in one run -> (B, T, 2): where the run of each place begins and ends
at::Tensor segment_ranges(const at::Tensor& segments) {
  const at::Tensor numbers = segments.contiguous(),
                   ranges = at::empty({segments.size(0), segments.size(1), 2}, segments.options().dtype(at::kInt));
  const std::int64_t T = segments.size(1);
  for (std::int64_t b = 0; b < segments.size(0); ++b) {
    const std::int64_t* number = numbers.const_data_ptr<std::int64_t>() + b * T;
    std::int32_t* range = ranges.mutable_data_ptr<std::int32_t>() + b * T * 2;
    for (std::int64_t first = 0, end = 0; first < T; first = end) {
      while (end < T && number[end] == number[first]) ++end;
      for (std::int64_t t = first; t < end; ++t)
        range[2 * t] = static_cast<std::int32_t>(first), range[2 * t + 1] = static_cast<std::int32_t>(end);
    }
  }
  return ranges;
}

PlanTensors plan_tensors(const AttentionArguments& a, const std::optional<at::Tensor>& bias) {
  PlanTensors more;
  if (a.key_valid.defined()) more.key_valid = a.key_valid.contiguous();
  if (a.segments.defined()) more.segments = segment_ranges(a.segments);
  if (a.plan.has_blocks()) more.key_blocks = ascending(a.plan.key_blocks);
  if (bias) more.bias = at::constant_pad_nd(*bias, {0, kBiasSlack}).contiguous();
  return more;
}

struct InputShape {
  Layout layout;
  HeadCounts heads;
};

constexpr std::size_t kBiasInput = 3;  // among the arguments of AttentionFunction::forward

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static tensor_list forward(AutogradContext* context, const at::Tensor& first, const std::optional<at::Tensor>& second,
                             const std::optional<at::Tensor>& third, const std::optional<at::Tensor>& bias,
                             const InputShape& shape, const AttentionArguments& a) {
    tensor_list inputs = {with_dense_rows(first)};
    for (const auto& x : {second, third})
      if (x) inputs.push_back(with_dense_rows(*x));
    const HeadTensors x = split(inputs, shape.layout, shape.heads);
    const PlanTensors more = plan_tensors(a, bias);
    const at::Tensor out = empty_as(x.q);
    const at::Tensor log_sum_exp = at::empty({x.q.size(0), x.q.size(1), x.q.size(2)}, x.q.options().dtype(at::kFloat));
    attention_forward(plan_of(x, a, more), x, out, log_sum_exp);

    keep(context, a.dropout);
    context->saved_data["inputs"] = static_cast<std::int64_t>(inputs.size());
    context->saved_data["layout"] = static_cast<std::int64_t>(shape.layout);
    context->saved_data["heads"] = std::vector<std::int64_t>{shape.heads.query, shape.heads.key};
    context->saved_data["causal"] = a.causal;
    context->saved_data["scale"] = a.scale;
    context->saved_data["window"] = a.plan.window;
    context->saved_data["block"] = a.plan.block;
    tensor_list saved = inputs;
    saved.insert(saved.end(), {out, log_sum_exp, more.key_valid, more.segments, more.bias, more.key_blocks});
    context->save_for_backward(saved);
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
    a.plan.window = context->saved_data["window"].toInt();
    a.plan.block = context->saved_data["block"].toInt();
    a.dropout = kept(context);
    tensor_list result(6);
    tensor_list gradients;
    for (std::size_t i = 0; i < count; ++i) gradients.push_back(result[i] = empty_as(inputs[i]));
    const HeadTensors x = split(inputs, layout, {heads[0], heads[1]});
    const PlanTensors more{saved[count + 2], saved[count + 3], saved[count + 4], saved[count + 5]};
    at::Tensor d_bias;  // of every row, added up in one order whatever the threads
    if (more.bias.defined() && context->needs_input_grad(count))
      d_bias = at::zeros({x.q.size(0), more.bias.size(0), more.bias.size(1)}, more.bias.options());
    attention_backward(plan_of(x, a, more), x, {saved[count], saved[count + 1]},
                       {with_dense_rows(d[0]), d[1].contiguous()},
                       {split(gradients, layout, {heads[0], heads[1]}), d_bias});
    if (d_bias.defined()) result[kBiasInput] = d_bias.sum(0).narrow(1, 0, d_bias.size(2) - kBiasSlack);
    return result;
  }
};

static_assert(kMaxFusedHead == tiles::kMaxHead);

void check(const HeadTensors& x, const AttentionArguments& a) {
  const auto type = x.q.scalar_type();
  TORCH_CHECK(x.q.is_cpu() && is_fast_type(type) && x.q.dim() == 4 && x.q.size(3) <= kMaxFusedHead,
              "[attention] expected (B, N, T, H) float32 or bfloat16 on the CPU with H <= ", kMaxFusedHead, ", got ",
              x.q.sizes(), " ", type);
  const std::int64_t B = x.q.size(0), M = x.k.size(1), Tk = x.k.size(2), H = x.q.size(3);
  TORCH_CHECK(x.k.sizes() == x.v.sizes() && x.k.size(0) == B && x.k.size(3) == H && M > 0 && x.q.size(1) % M == 0 &&
                  x.k.scalar_type() == type && x.v.scalar_type() == type,
              "[attention] expected keys and values that fit q ", x.q.sizes(), ", got ", x.k.sizes(), " and ",
              x.v.sizes());
  TORCH_CHECK(!a.key_valid.defined() ||
                  (a.key_valid.scalar_type() == at::kBool && a.key_valid.sizes() == at::IntArrayRef({B, Tk})),
              "[attention] expected key_valid (B, Tk) bool");
  TORCH_CHECK(!a.segments.defined() || (a.segments.scalar_type() == at::kLong && x.q.size(2) == Tk &&
                                        a.segments.sizes() == at::IntArrayRef({B, Tk})),
              "[attention] expected segments (B, T) int64 of queries that are the keys");
  TORCH_CHECK(
      !a.distance_bias.defined() || (a.distance_bias.scalar_type() == at::kFloat &&
                                     a.distance_bias.sizes() == at::IntArrayRef({x.q.size(1), x.q.size(2) + Tk - 1})),
      "[attention] expected a bias (N, Tq + Tk - 1) float32");
  check_plan(a.plan, {B, x.q.size(1), x.q.size(2), Tk});
  if (a.dropout.active()) check_drawn_places(x.q.size(2), Tk);
  TORCH_CHECK(!a.score_bias.defined() && a.softcap == 0,
              "[attention] the fused kernel has neither softcap nor score_bias");
}

AttentionResult run(const tensor_list& inputs, const InputShape& shape,
                    const AttentionArguments& a) {
  {
    at::NoGradGuard no_grad;
    check(split(inputs, shape.layout, shape.heads), a);
  }
  const auto input = [&](std::size_t i) {
    return i < inputs.size() ? std::optional<at::Tensor>(inputs[i]) : std::nullopt;
  };
  AttentionArguments options = a;
  options.q = options.k = options.v = options.distance_bias = at::Tensor();
  const auto result =
      AttentionFunction::apply(inputs[0], input(1), input(2), if_defined(a.distance_bias), shape, options);
  return {result[0], result[1]};
}

}  // namespace

bool fused_attention_covers(const AttentionArguments& a) {
  return a.q.is_cpu() && is_fast_type(a.q.scalar_type()) && a.q.size(-1) <= kMaxFusedHead && a.softcap == 0 &&
         !a.score_bias.defined() && a.ahead == 0 && (!a.plan.has_blocks() || a.plan.key_blocks.is_cpu());
}

AttentionResult fused_attention(const AttentionArguments& a) {
  return run({a.q, a.k, a.v}, {Layout::separate, {a.q.size(1), a.k.size(1)}}, a);
}

AttentionResult fused_self_attention(const at::Tensor& qkv, HeadCounts heads, const AttentionArguments& options) {
  TORCH_CHECK(qkv.dim() == 3 && qkv.size(2) % (heads.query + 2 * heads.key) == 0,
              "[attention] expected (B, T, (N + 2 M) H), got ", qkv.sizes());
  return run({qkv}, {Layout::packed_self, heads}, options);
}

AttentionResult fused_cross_attention(const at::Tensor& q, const at::Tensor& kv, HeadCounts heads,
                                      const AttentionArguments& options) {
  TORCH_CHECK(q.dim() == 3 && kv.dim() == 3 && q.size(2) % heads.query == 0 &&
                  kv.size(2) == 2 * heads.key * (q.size(2) / heads.query),
              "[attention] expected q (B, Tq, N H) and kv (B, Tk, 2 M H), got ", q.sizes(), " and ", kv.sizes());
  return run({q, kv}, {Layout::packed_cross, heads}, options);
}

}  // namespace attend::kernels
