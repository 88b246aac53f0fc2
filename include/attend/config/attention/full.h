// Options of full attention.
#pragma once

#include "attend/config/attention/type.h"
#include "attend/config/field.h"

namespace attend {

enum class AttentionImplementation { automatic, fused, reference };
inline constexpr EnumEntry<AttentionImplementation> kAttentionImplementations[] = {
    {AttentionImplementation::automatic, "auto", "fused where a kernel covers the case, else reference"},
    {AttentionImplementation::fused, "fused", "one pass, probabilities never stored"},
    {AttentionImplementation::reference, "reference", "plain tensor operations, written to be read"}};
ATTEND_ENUM_TABLE(AttentionImplementation, kAttentionImplementations)

struct FullOptions {
  static constexpr EnumEntry<AttentionType> kRow{AttentionType::full, "full",
                                                 "softmax(q k^T / sqrt(H)) v over every visible key"};
  AttentionImplementation implementation = AttentionImplementation::automatic;
  double softcap = 0;

  constexpr AttentionAbilities abilities() const {
    return {.self_bidirectional = true, .self_causal = true, .cross = true, .incremental = true, .weights = true,
            .positions = kAllPositions, .sparse = false, .cost = "T^2 time, T memory when fused"};
  }
  template <class V>
  void visit(V& v) {
    v.field("implementation", implementation, "how it is computed", {}, Resume::warned);
    v.field("softcap", softcap, "scores s become softcap * tanh(s / softcap); 0: off", Range{0, 1e6}, Resume::refused);
  }
};

}  // namespace attend
