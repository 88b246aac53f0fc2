// A row of `model.attention`: the mechanism with its own options, and what all mechanisms share.
#pragma once

#include "attend/config/attention/full.h"
#include "attend/config/attention/linear.h"
#include "attend/config/attention/sliding_window.h"
#include "attend/config/one_of.h"

namespace attend {

enum class QkNorm { none, l2, rms };
inline constexpr EnumEntry<QkNorm> kQkNorms[] = {
    {QkNorm::none, "none", "queries and keys as they are"},
    {QkNorm::l2, "l2", "of length one, their products times 10"},
    {QkNorm::rms, "rms", "RMSNorm of each head with a trained gain, before rope"}};
ATTEND_ENUM_TABLE(QkNorm, kQkNorms)

struct AttentionConfig : OneOf<AttentionType, FullOptions, SlidingWindowOptions, LinearOptions> {
  QkNorm qk_norm = QkNorm::none;

  constexpr AttentionAbilities abilities() const {
    return std::visit([](const auto& chosen) { return chosen.abilities(); }, options);
  }
  template <class V>
  void visit(V& v) {
    v.one_of("type", *this, "attention mechanism", Resume::refused);
    v.field("qk_norm", qk_norm, "norm of queries and keys in each head", {}, Resume::refused);
  }
};
ATTEND_ENUM_TABLE(AttentionType, AttentionConfig::kRows)

// A mechanism with the defaults of its options.
inline AttentionConfig attention_config(AttentionType type) {
  AttentionConfig config;
  config.choose(type);
  return config;
}

// What such a mechanism can do.
inline AttentionAbilities abilities_of(AttentionType type) { return attention_config(type).abilities(); }

}  // namespace attend
