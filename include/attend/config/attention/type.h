// The names of the attention mechanisms, and what a mechanism can do.
#pragma once

#include <string_view>

#include "attend/config/position/type.h"

namespace attend {

// The order is that of AttentionConfig's variant.
enum class AttentionType { full, sliding_window, linear };

// A set of position kinds: one bit for each.
using PositionKinds = unsigned;
constexpr PositionKinds set_of(std::initializer_list<PositionKind> kinds) {
  PositionKinds set = 0;
  for (const auto kind : kinds) set |= 1u << static_cast<unsigned>(kind);
  return set;
}
inline constexpr PositionKinds kFeaturePositions =
    set_of({PositionKind::none, PositionKind::input, PositionKind::rotary});
inline constexpr PositionKinds kScorePositions =
    set_of({PositionKind::distance_bias, PositionKind::relative_scores});
inline constexpr PositionKinds kAllPositions = kFeaturePositions | kScorePositions;

// What an attention with these options can do, as plain data, so that a config is refused before anything is built. A
// test compares each row with what the code does.
struct AttentionAbilities {
  bool self_bidirectional, self_causal, cross, incremental, weights;
  PositionKinds positions;  // the kinds of position schemes that it takes
  bool sparse;              // never holds a matrix of queries by keys
  std::string_view cost;    // as a function of the length T
};
constexpr bool takes(const AttentionAbilities& abilities, PositionKind kind) {
  return (abilities.positions & set_of({kind})) != 0;
}

}  // namespace attend
