// The multi-head shell (Vaswani et al. 2017, section 3.2.2; grouped queries: Ainslie et al. 2023): projections in, heads
// split, a mechanism, heads joined, projection out. The only place where (B, T, D) becomes (B, N, T, H) and back.
#pragma once

#include "attend/attention/mechanism.h"
#include "attend/attention/mixer.h"
#include "attend/nn/linear.h"
#include "attend/nn/norm.h"

namespace attend {

struct HeadShape {
  std::int64_t d_model, heads, kv_heads, head_size;
  bool qkv_bias, bias;
  QkNorm qk_norm = QkNorm::none;
  double norm_eps = 1e-5;
  std::int64_t memory_length = 0;  // of self-attention in a decoder
  static HeadShape of(const ModelConfig& config, QkNorm qk_norm);
};

struct AttentionSite {
  int layer = 0;  // in random draws
  Site site = Site::self_attention;
  double dropout = 0;
};

// Queries and keys brought to one size in each head before they meet, where the config says so:
//   l2   q / |q|, k / |k|, and scores are 10 q . k (Henry et al. 2020)
//   rms  RMSNorm over the head with a trained gain of H numbers for queries and one for keys (Dehghani et al. 2023)
class QkNorms : public torch::nn::Module {
 public:
  explicit QkNorms(const HeadShape& shape);
  // x (B, T, heads * H); keys: which gain
  at::Tensor forward(const at::Tensor& x, bool keys) const;
  double scale() const;  // of scores
  bool active() const { return shape_.qk_norm != QkNorm::none; }

 private:
  HeadShape shape_;
  std::shared_ptr<Norm> query_, key_;
};

// Queries, keys and values all come from x.
class SelfAttention final : public SequenceMixer {
 public:
  SelfAttention(const HeadShape& shape, const AttentionSite& site, std::shared_ptr<AttentionMechanism> mechanism,
                LayerPositions positions = {});
  at::Tensor forward(const MixerInput& input) override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape) const override;
  at::ScalarType compute_dtype() const override { return qkv_->compute_dtype(); }

 private:
  // (B, T, (N + 2M) H) with queries and keys normed
  at::Tensor normed(const at::Tensor& qkv) const;
  // With what the layer read before in front of the keys.
  at::Tensor forward_with_memory(const MixerInput& input, HiddenMemory& memory);
  // Heads of queries and of keys and values through the mechanism and out.
  at::Tensor mix(AttentionInput& heads, const MixerInput& input);

  HeadShape shape_;
  AttentionSite site_;
  std::shared_ptr<Linear> qkv_, out_;
  std::shared_ptr<QkNorms> norms_;
  std::shared_ptr<AttentionMechanism> mechanism_;
  LayerPositions positions_;
};

// Queries come from x, keys and values from the memory. In decoding they are projected once a sentence, and the
// hypotheses of a sentence stand together on the query axis, so that nothing is copied for each beam.
class CrossAttention final : public SequenceMixer {
 public:
  CrossAttention(const HeadShape& shape, const AttentionSite& site, std::shared_ptr<AttentionMechanism> mechanism);
  at::Tensor forward(const MixerInput& input) override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape) const override;
  at::ScalarType compute_dtype() const override { return q_->compute_dtype(); }

 private:
  HeadShape shape_;
  AttentionSite site_;
  std::shared_ptr<Linear> q_, kv_, out_;
  std::shared_ptr<QkNorms> norms_;
  std::shared_ptr<AttentionMechanism> mechanism_;
};

}  // namespace attend
