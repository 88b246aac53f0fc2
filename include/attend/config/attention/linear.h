// Options of linear attention.
#pragma once

#include "attend/config/attention/type.h"
#include "attend/config/field.h"

namespace attend {

enum class FeatureMap { elu, relu };
inline constexpr EnumEntry<FeatureMap> kFeatureMaps[] = {
    {FeatureMap::elu, "elu", "elu(x) + 1"},
    {FeatureMap::relu, "relu", "max(x, 0) + 0.001"}};
ATTEND_ENUM_TABLE(FeatureMap, kFeatureMaps)

struct LinearOptions {
  static constexpr EnumEntry<AttentionType> kRow{
      AttentionType::linear, "linear",
      "phi(q) . sum phi(k) v^T, normalised; a state of constant size (Katharopoulos et al. 2020)"};
  FeatureMap feature_map = FeatureMap::elu;

  constexpr AttentionAbilities abilities() const {
    return {.self_bidirectional = true, .self_causal = true, .cross = true, .incremental = true, .weights = false,
            .positions = kFeaturePositions, .sparse = true, .cost = "T"};
  }
  template <class V>
  void visit(V& v) {
    v.field("feature_map", feature_map, "phi", {}, Resume::refused);
  }
};

}  // namespace attend
