// B batch rows (hypotheses in decoding), T length of x, S length of the memory, D model, N heads, M kv heads, H head size.
#include "attend/attention/multi_head.h"

#include <torch/types.h>

#include <cmath>

namespace attend {
namespace {

double scale_of(const HeadShape& shape) { return 1.0 / std::sqrt(static_cast<double>(shape.head_size)); }

// (B, T, heads * H) -> (B, heads, T, H), a view
at::Tensor split_heads(const at::Tensor& x, std::int64_t first, std::int64_t heads, std::int64_t head_size) {
  return x.narrow(-1, first * head_size, heads * head_size)
      .view({x.size(0), x.size(1), heads, head_size})
      .transpose(1, 2);
}

// (B, N, T, H) -> (B, T, N * H)
at::Tensor join_heads(const at::Tensor& x) { return x.transpose(1, 2).reshape({x.size(0), x.size(2), x.size(1) * x.size(3)}); }

// The mechanism's result; weights go to the recorder where it wants them.
at::Tensor attend_heads(AttentionMechanism& mechanism, AttentionInput& heads, AttentionRecorder* recorder, const AttentionSite& site) {
  heads.want_weights = recorder && recorder->wants(site.layer, site.site);
  const auto result = mechanism.forward(heads);
  if (heads.want_weights) recorder->take(site.layer, site.site, result.weights);
  return result.out;
}

}  // namespace

HeadShape HeadShape::of(const ModelConfig& config) {
  return {config.d_model, config.num_heads, *config.num_kv_heads, *config.d_head, *config.qkv_bias, config.bias};
}

SelfAttention::SelfAttention(const HeadShape& shape, const AttentionSite& site,
                             std::shared_ptr<AttentionMechanism> mechanism)
    : shape_(shape), site_(site) {
  const auto q = shape.heads * shape.head_size, kv = shape.kv_heads * shape.head_size;
  qkv_ = register_module("qkv", std::make_shared<Linear>(shape.d_model, q + 2 * kv, shape.qkv_bias, LinearRole{{q, kv, kv}, false}));
  out_ = register_module("out", std::make_shared<Linear>(q, shape.d_model, shape.bias, LinearRole{{}, true}));
  mechanism_ = register_module("mechanism", std::move(mechanism));
}

at::Tensor SelfAttention::forward(const MixerInput& input) {
  const auto [N, M, H] = std::tuple(shape_.heads, shape_.kv_heads, shape_.head_size);
  const auto qkv = qkv_->forward(input.x);  // (B, T, (N + 2M) H)
  auto k = split_heads(qkv, N, M, H), v = split_heads(qkv, N + M, M, H);
  if (input.state) {
    const auto all = static_cast<KeyValueState*>(input.state)->append(k, v);
    k = all.k;
    v = all.v;
  }
  const auto dropout = input.context.dropout(site_.dropout, site_.layer, site_.site);
  AttentionInput heads{split_heads(qkv, 0, N, H), k, v, input.mask, scale_of(shape_), dropout};
  if (!input.state) heads.packed_qkv = qkv;
  return out_->forward(join_heads(attend_heads(*mechanism_, heads, input.context.recorder, site_)));
}

std::unique_ptr<LayerState> SelfAttention::make_state(const StateShape& shape) const {
  return std::make_unique<KeyValueState>(shape);
}

CrossAttention::CrossAttention(const HeadShape& shape, const AttentionSite& site,
                               std::shared_ptr<AttentionMechanism> mechanism)
    : shape_(shape), site_(site) {
  const auto q = shape.heads * shape.head_size, kv = shape.kv_heads * shape.head_size;
  q_ = register_module("q", std::make_shared<Linear>(shape.d_model, q, shape.qkv_bias));
  kv_ = register_module("kv", std::make_shared<Linear>(shape.d_model, 2 * kv, shape.qkv_bias, LinearRole{{kv, kv}, false}));
  out_ = register_module("out", std::make_shared<Linear>(q, shape.d_model, shape.bias, LinearRole{{}, true}));
  mechanism_ = register_module("mechanism", std::move(mechanism));
}

at::Tensor CrossAttention::forward(const MixerInput& input) {
  const auto [N, M, H] = std::tuple(shape_.heads, shape_.kv_heads, shape_.head_size);
  CrossState made;  // of a whole pass
  at::Tensor kv;    // (B, S, 2 M H)
  auto& source = input.state ? *static_cast<CrossState*>(input.state) : made;
  if (!source.filled()) {
    kv = kv_->forward(input.memory);
    source.k = split_heads(kv, 0, M, H);
    source.v = split_heads(kv, M, M, H);
    source.key_valid = input.mask.key_valid;
  }
  AttentionMask mask;
  mask.key_valid = source.key_valid;

  const auto rows = input.x.size(0), length = input.x.size(1), sentences = source.k.size(0);
  // (B, T, D) -> (sentences, beams * T, D): the hypotheses of a sentence side by side as queries
  const auto q = q_->forward(input.x).view({sentences, rows / sentences * length, N * H});
  const auto dropout = input.context.dropout(site_.dropout, site_.layer, site_.site);
  AttentionInput heads{split_heads(q, 0, N, H), source.k, source.v, mask, scale_of(shape_), dropout};
  if (!input.state) {
    heads.packed_q = q;
    heads.packed_kv = kv;
  }
  const auto mixed = attend_heads(*mechanism_, heads, input.context.recorder, site_);
  return out_->forward(join_heads(mixed).view({rows, length, N * H}));
}

std::unique_ptr<LayerState> CrossAttention::make_state(const StateShape&) const { return std::make_unique<CrossState>(); }

}  // namespace attend
