// B batch rows (hypotheses in decoding), T length of x, S length of the memory, D model, N heads, M kv heads, H head
// size.
#include "attend/attention/multi_head.h"

#include <torch/types.h>

#include <cmath>

namespace attend {
namespace {

// The mechanism's result; weights go to the recorder where it wants them.
at::Tensor attend_heads(const AttentionMechanism& mechanism, AttentionInput& input, AttentionRecorder* recorder,
                        const AttentionSite& site) {
  input.want_weights = recorder && recorder->wants(site.layer, site.site);
  const auto result = mechanism.forward(input);
  if (input.want_weights) recorder->take(site.layer, site.site, result.weights);
  return result.out;
}

}  // namespace

HeadShape HeadShape::of(const ModelConfig& config, QkNorm qk_norm) {
  return {config.d_model, config.num_heads, *config.num_kv_heads, *config.d_head,      *config.qkv_bias,
          config.bias,    qk_norm,          config.norm_eps,      config.memory_length};
}

QkNorms::QkNorms(const HeadShape& shape) : shape_(shape) {
  if (shape.qk_norm != QkNorm::rms) return;
  query_ = register_module("query", std::make_shared<Norm>(NormType::rms_norm, shape.head_size, shape.norm_eps, false));
  key_ = register_module("key", std::make_shared<Norm>(NormType::rms_norm, shape.head_size, shape.norm_eps, false));
}

at::Tensor QkNorms::forward(const at::Tensor& x, bool keys) const {
  if (!active()) return x;
  const auto heads = x.unflatten(2, {x.size(2) / shape_.head_size, shape_.head_size});  // (B, T, heads, H)
  const auto type = x.scalar_type();
  if (shape_.qk_norm == QkNorm::rms) return (keys ? key_ : query_)->forward(heads.contiguous(), type).flatten(2);
  const auto wide = heads.to(type == at::kDouble ? at::kDouble : at::kFloat);
  return (wide / wide.norm(2, {-1}, true).clamp_min(1e-12)).to(type).flatten(2);
}

double QkNorms::scale() const {
  return shape_.qk_norm == QkNorm::l2 ? 10.0 : 1.0 / std::sqrt(static_cast<double>(shape_.head_size));
}

SelfAttention::SelfAttention(const HeadShape& shape, const AttentionSite& site,
                             std::shared_ptr<AttentionMechanism> mechanism, LayerPositions positions)
    : shape_(shape), site_(site), positions_(std::move(positions)) {
  const auto q = shape.heads * shape.head_size, kv = shape.kv_heads * shape.head_size;
  qkv_ = register_module("qkv", std::make_shared<Linear>(shape.d_model, q + 2 * kv, shape.qkv_bias,
                                                         LinearRole{{{"q", q}, {"k", kv}, {"v", kv}}, false}));
  out_ = register_module("out", std::make_shared<Linear>(q, shape.d_model, shape.bias, LinearRole{{}, true}));
  norms_ = register_module("norms", std::make_shared<QkNorms>(shape));
  if (positions_.relative) register_module("positions", positions_.relative);
  mechanism_ = register_module("mechanism", std::move(mechanism));
}

at::Tensor SelfAttention::normed(const at::Tensor& qkv) const {
  const auto q = shape_.heads * shape_.head_size, kv = shape_.kv_heads * shape_.head_size;
  return torch::cat({norms_->forward(qkv.narrow(2, 0, q), false), norms_->forward(qkv.narrow(2, q, kv), true),
                     qkv.narrow(2, q + kv, kv)},
                    2);
}

at::Tensor SelfAttention::forward(const MixerInput& input) const {
  if (auto* memory = dynamic_cast<HiddenMemory*>(input.state)) return forward_with_memory(input, *memory);
  const HeadSizes sizes = shape_.sizes();
  auto qkv = qkv_->forward(input.x);  // (B, T, (N + 2M) H)
  if (norms_->active()) qkv = normed(qkv);
  const bool turn = positions_.rotary && !mechanism_->turns_features();
  if (turn) qkv = positions_.rotary->apply(qkv, sizes.query + sizes.key, input.state ? input.state->length() : 0);
  const auto heads = Heads::cut(qkv, sizes);
  // The kernel that reads a projection takes neither keys of a state nor scores of relative positions.
  AttentionInput attention{input.state || positions_.relative ? heads.unpacked() : heads, input.mask};
  attention.state = input.state;
  if (!turn) attention.rotary = positions_.rotary.get();
  return mix(attention, input);
}

at::Tensor SelfAttention::forward_with_memory(const MixerInput& input, HiddenMemory& memory) const {
  const auto seen = memory.take(input.x, input.mask.key_valid);
  auto qkv = qkv_->forward(seen.x);  // (B, m + T, (N + 2M) H)
  if (norms_->active()) qkv = normed(qkv);
  AttentionMask mask = input.mask;
  mask.key_valid = seen.key_valid;
  const std::int64_t T = input.x.size(1), before = seen.x.size(1) - T;
  const auto heads = Heads::cut(qkv, shape_.sizes());
  AttentionInput attention{heads.with_q(heads.q().narrow(2, before, T)), mask};
  return mix(attention, input);
}

at::Tensor SelfAttention::mix(AttentionInput& attention, const MixerInput& input) const {
  attention.scale = norms_->scale();
  attention.dropout = input.context.dropout(site_.dropout, site_.layer, site_.site);
  attention.distance = positions_.distance.get();
  attention.relative = positions_.relative.get();
  return out_->forward(join_heads(attend_heads(*mechanism_, attention, input.context.recorder, site_)));
}

std::unique_ptr<LayerState> SelfAttention::make_state(const StateShape& shape) const {
  if (shape_.memory_length > 0 && shape.places == 0) return std::make_unique<HiddenMemory>(shape_.memory_length);
  return mechanism_->make_state(shape, AttentionUse::decoder_self);
}

CrossAttention::CrossAttention(const HeadShape& shape, const AttentionSite& site,
                               std::shared_ptr<AttentionMechanism> mechanism)
    : shape_(shape), site_(site) {
  const auto q = shape.heads * shape.head_size, kv = shape.kv_heads * shape.head_size;
  q_ = register_module("q", std::make_shared<Linear>(shape.d_model, q, shape.qkv_bias));
  kv_ = register_module(
      "kv", std::make_shared<Linear>(shape.d_model, 2 * kv, shape.qkv_bias, LinearRole{{{"k", kv}, {"v", kv}}, false}));
  out_ = register_module("out", std::make_shared<Linear>(q, shape.d_model, shape.bias, LinearRole{{}, true}));
  norms_ = register_module("norms", std::make_shared<QkNorms>(shape));
  mechanism_ = register_module("mechanism", std::move(mechanism));
}

at::Tensor CrossAttention::forward(const MixerInput& input) const {
  const auto [N, M, H] = std::tuple(shape_.heads, shape_.kv_heads, shape_.head_size);
  const bool known = input.state && input.state->rows() > 0;
  at::Tensor kv;  // (B, S, 2 M H)
  if (!known) {
    kv = kv_->forward(input.memory);
    if (norms_->active())
      kv = torch::cat({norms_->forward(kv.narrow(2, 0, M * H), true), kv.narrow(2, M * H, M * H)}, 2);
  }
  AttentionMask mask;
  mask.key_valid = input.mask.key_valid;

  const auto rows = input.x.size(0), length = input.x.size(1), sentences = known ? input.state->rows() : kv.size(0);
  // (B, T, D) -> (sentences, beams * T, D): the hypotheses of a sentence side by side as queries
  const auto q = norms_->forward(q_->forward(input.x), false).view({sentences, rows / sentences * length, N * H});
  const auto dropout = input.context.dropout(site_.dropout, site_.layer, site_.site);
  const auto heads = known ? Heads(q.view({sentences, q.size(1), N, H}).transpose(1, 2), {}, {})
                           : Heads::cut(q, kv, shape_.sizes());
  AttentionInput attention{input.state ? heads.unpacked() : heads, mask, norms_->scale(), dropout};
  attention.state = input.state;
  const auto mixed = attend_heads(*mechanism_, attention, input.context.recorder, site_);
  return out_->forward(join_heads(mixed).view({rows, length, N * H}));
}

std::unique_ptr<LayerState> CrossAttention::make_state(const StateShape& shape) const {
  return mechanism_->make_state(shape, AttentionUse::cross);
}

}  // namespace attend
