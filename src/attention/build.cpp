#include "attend/attention/build.h"

#include "attend/attention/mechanisms/full.h"
#include "attend/attention/mechanisms/linear.h"
#include "attend/attention/mechanisms/sliding_window.h"
#include "attend/attention/multi_head.h"

namespace attend {
namespace {

// One overload a type: a type without one does not compile.
using Made = std::shared_ptr<AttentionMechanism>;
Made make(const MechanismShape&, const FullOptions& options) { return std::make_shared<FullAttention>(options); }
Made make(const MechanismShape&, const SlidingWindowOptions& options) {
  return std::make_shared<SlidingWindowAttention>(options);
}
Made make(const MechanismShape&, const LinearOptions& options) { return std::make_shared<LinearAttention>(options); }

}  // namespace

std::shared_ptr<AttentionMechanism> make_mechanism(const MechanismShape& shape, const AttentionConfig& config) {
  return std::visit([&](const auto& options) { return make(shape, options); }, config.options);
}

std::shared_ptr<SequenceMixer> make_mixer(const MixerPlan& plan, StackPositions& lent) {
  const ModelConfig& model = plan.model;
  const MechanismShape shape{model.num_heads, *model.num_kv_heads, *model.d_head, plan.use, plan.place};
  return make_mixer(plan, lent, make_mechanism(shape, plan.attention));
}

std::shared_ptr<SequenceMixer> make_mixer(const MixerPlan& plan, StackPositions& lent,
                                          std::shared_ptr<AttentionMechanism> mechanism) {
  const HeadShape heads = HeadShape::of(plan.model, plan.attention.qk_norm);
  const bool is_cross = plan.use == AttentionUse::cross;
  const AttentionSite site{plan.place.number(), is_cross ? Site::cross_attention : Site::self_attention,
                           plan.model.attention_dropout};
  if (is_cross) return std::make_shared<CrossAttention>(heads, site, std::move(mechanism));
  return std::make_shared<SelfAttention>(heads, site, std::move(mechanism), lent.of_layer(plan.position));
}

}  // namespace attend
