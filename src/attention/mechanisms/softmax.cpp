#include "softmax.h"

#include <torch/types.h>

#include "attend/core/error.h"

namespace attend {
namespace {

// (rows, Tk) bool: the new keys, and so many before them as each row remembers.
at::Tensor in_memory(const at::Tensor& remembered, std::int64_t queries, std::int64_t keys) {
  const auto places = torch::arange(queries - keys, queries, remembered.options());  // from the first query on
  return places.unsqueeze(0) >= -remembered.unsqueeze(1);
}

KeysValues all_keys(const AttentionInput& input) {
  const KeysValues given{input.heads.k(), input.heads.v(), input.mask.key_valid};
  auto keys = input.state ? static_cast<KeyStore*>(input.state)->take(given) : given;
  if (!input.mask.remembered.defined()) return keys;
  const auto seen = in_memory(input.mask.remembered, input.heads.q().size(2), keys.k.size(2));
  keys.key_valid = keys.key_valid.defined() ? keys.key_valid & seen : seen;
  return keys;
}

kernels::AttentionResult run_fused(const AttentionInput& input, const kernels::AttentionArguments& arguments) {
  const kernels::HeadCounts counts{arguments.q.size(1), arguments.k.size(1)};
  const auto& from = input.heads.projections();
  if (from.qkv.defined()) return kernels::fused_self_attention(from.qkv, counts, arguments);
  if (from.kv.defined()) return kernels::fused_cross_attention(from.q, from.kv, counts, arguments);
  return kernels::fused_attention(arguments);
}

}  // namespace

kernels::AttentionArguments softmax_arguments(const AttentionInput& input) {
  const auto keys = all_keys(input);
  kernels::AttentionArguments arguments{input.heads.q(), keys.k,      keys.v,       keys.key_valid,
                                        input.mask.causal, input.scale, input.dropout};
  arguments.segments = input.mask.segments;
  if (input.distance) arguments.distance_bias = input.distance->values(input.heads.q().size(2), keys.k.size(2));
  return arguments;
}

bool runs_fused(const AttentionInput& input, const kernels::AttentionArguments& arguments) {
  return kernels::fused_attention_covers(arguments) && !input.relative && !input.want_weights;
}

AttentionOutput plain_attention(const AttentionInput& input, kernels::AttentionArguments arguments) {
  if (input.relative) {
    arguments.score_bias = input.relative->scores(arguments.q, arguments.k.size(2), arguments.ahead) * input.scale;
    arguments.q = input.relative->content_query(arguments.q);
  }
  auto result = kernels::reference_attention(arguments);
  if (input.relative)
    if (const auto more = input.relative->value_term(result.kept, arguments.ahead); more.defined())
      result.out = result.out + more.to(result.out.scalar_type());
  return {result.out, input.want_weights ? result.weights : at::Tensor(), result.log_sum_exp};
}

AttentionOutput softmax_attention(const AttentionInput& input, const kernels::AttentionArguments& arguments,
                                  AttentionImplementation implementation) {
  const bool covered = kernels::fused_attention_covers(arguments) && !input.relative;
  if (implementation == AttentionImplementation::fused && !covered)
    throw ConfigError(
        "[model.attention] implementation: fused expected float32 or bfloat16 on the CPU, heads of at most ",
        kMaxFusedHead, " and neither softcap nor relative_shaw nor relative_xl, got ", arguments.q.scalar_type(),
        " on ", arguments.q.device(), " and heads of ", arguments.q.size(-1), "; choose auto or reference");
  if (implementation == AttentionImplementation::reference || !runs_fused(input, arguments))
    return plain_attention(input, arguments);
  auto result = run_fused(input, arguments);
  return {result.out, {}, result.log_sum_exp};
}

}  // namespace attend
