// Options of configs in tests that run over several types.
#pragma once

#include "attend/config/config.h"

namespace attend::test {

// A scheme for sequences of this length: of learned positions one row more is a fault.
inline PositionConfig position_of(PositionType type, std::int64_t length) {
  PositionConfig position = position_config(type);
  if (auto* learned = position.find<LearnedOptions>()) learned->max_length = length;
  return position;
}

// A mechanism with this window, where it has one.
inline AttentionConfig attention_of(AttentionType type, std::int64_t window) {
  AttentionConfig attention = attention_config(type);
  if (auto* options = attention.find<SlidingWindowOptions>()) options->window = window;
  return attention;
}

inline LengthPenaltyConfig penalty_of(LengthPenaltyType type, double strength) {
  LengthPenaltyConfig penalty;
  penalty.choose(type);
  if (double* alpha = penalty.alpha()) *alpha = strength;
  return penalty;
}

// Takes the type with these betas, where it has any; what all types share stays.
inline void choose_optimizer(OptimizerConfig& config, OptimizerType type, const std::vector<double>& betas) {
  config.choose(type);
  std::visit(
      [&](auto& chosen) {
        if constexpr (requires { chosen.betas; }) chosen.betas = betas;
      },
      config.options);
}

}  // namespace attend::test
