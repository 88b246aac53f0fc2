// The multi-head shell (Vaswani et al. 2017, section 3.2.2; grouped queries: Ainslie et al. 2023): projections in, heads
// split, a mechanism, heads joined, projection out. The only place where (B, T, D) becomes (B, N, T, H) and back.
#pragma once

#include "attend/attention/mechanism.h"
#include "attend/attention/mixer.h"
#include "attend/nn/linear.h"

namespace attend {

struct HeadShape {
  std::int64_t d_model, heads, kv_heads, head_size;
  bool qkv_bias, bias;
  static HeadShape of(const ModelConfig& config);
};

struct AttentionSite {
  int layer = 0;  // in random draws
  Site site = Site::self_attention;
  double dropout = 0;
};

// Queries, keys and values all come from x.
class SelfAttention final : public SequenceMixer {
 public:
  SelfAttention(const HeadShape& shape, const AttentionSite& site, std::shared_ptr<AttentionMechanism> mechanism);
  at::Tensor forward(const MixerInput& input) override;
  std::unique_ptr<LayerState> make_state(const StateShape& shape) const override;
  at::ScalarType compute_dtype() const override { return qkv_->compute_dtype(); }

 private:
  HeadShape shape_;
  AttentionSite site_;
  std::shared_ptr<Linear> qkv_, out_;
  std::shared_ptr<AttentionMechanism> mechanism_;
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
  std::shared_ptr<AttentionMechanism> mechanism_;
};

}  // namespace attend
