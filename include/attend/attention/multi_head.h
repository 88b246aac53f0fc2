// The multi-head shell around a mechanism (Vaswani et al. 2017, section 3.2.2; grouped queries: Ainslie et al. 2023).
// It projects its input, splits the heads, calls the mechanism, joins the heads and projects the result. It is the only
// place where (B, T, D) becomes (B, N, T, H) and back.
// Legend: B batch, T length, D model, N heads, M key heads, H head size.
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
  std::int64_t memory_length = 0;  // remembered places of self-attention in a decoder
  // Reads the sizes of a resolved config.
  static HeadShape of(const ModelConfig& config, QkNorm qk_norm);
  HeadSizes sizes() const { return {heads, kv_heads, head_size}; }
};

struct AttentionSite {
  int layer = 0;  // number of the layer in random draws
  Site site = Site::self_attention;
  // Probability of dropout on the attention weights.
  double dropout = 0;
};

// Brings queries and keys to one size in each head before they meet, where the config says so:
//   l2   q / |q| and k / |k|; the scores are 10 q . k (Henry et al. 2020)
//   rms  RMSNorm over the head, with a trained gain of H numbers for queries and one for keys (Dehghani et al. 2023)
class QkNorms : public torch::nn::Module {
 public:
  explicit QkNorms(const HeadShape& shape);
  // Returns x (B, T, heads * H) with every head normed, or x itself where active() is false. `keys` chooses the gain of
  // the keys.
  at::Tensor forward(const at::Tensor& x, bool keys) const;
  double scale() const;  // factor of q . k
  bool active() const { return shape_.qk_norm != QkNorm::none; }

 private:
  HeadShape shape_;
  std::shared_ptr<Norm> query_, key_;
};

// Self-attention takes queries, keys and values from x.
class SelfAttention final : public SequenceMixer {
 public:
  SelfAttention(const HeadShape& shape, const AttentionSite& site, std::shared_ptr<AttentionMechanism> mechanism,
                LayerPositions positions = {});
  at::Tensor forward(const MixerInput& input) const override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape) const override;
  at::ScalarType compute_dtype() const override { return qkv_->compute_dtype(); }

 private:
  // Returns qkv (B, T, (N + 2M) H) with its queries and keys normed.
  at::Tensor normed(const at::Tensor& qkv) const;
  // Attends to what the layer read before, too: the memory stands in front of the keys.
  at::Tensor forward_with_memory(const MixerInput& input, HiddenMemory& memory) const;
  // Runs the mechanism on the heads and projects its result.
  at::Tensor mix(AttentionInput& attention, const MixerInput& input) const;

  HeadShape shape_;
  AttentionSite site_;
  std::shared_ptr<Linear> qkv_, out_;
  std::shared_ptr<QkNorms> norms_;
  std::shared_ptr<AttentionMechanism> mechanism_;
  LayerPositions positions_;
};

// Cross-attention takes queries from x, keys and values from the memory. In decoding, keys and values are projected
// once per sentence, and the hypotheses of a sentence stand together on the query axis, so that nothing is copied for
// each beam.
class CrossAttention final : public SequenceMixer {
 public:
  CrossAttention(const HeadShape& shape, const AttentionSite& site, std::shared_ptr<AttentionMechanism> mechanism);
  at::Tensor forward(const MixerInput& input) const override;
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
