// Options of rotary positions, and of what makes their angles fit longer sequences.
#pragma once

#include "attend/config/field.h"
#include "attend/config/one_of.h"
#include "attend/config/position/type.h"

namespace attend {

enum class RopePairing { halves, interleaved };
inline constexpr EnumEntry<RopePairing> kRopePairings[] = {
    {RopePairing::halves, "halves", "feature m turns with feature m + H/2 (GPT-NeoX, Hugging Face)"},
    {RopePairing::interleaved, "interleaved", "feature 2m turns with feature 2m + 1 (RoFormer, GPT-J)"}};
ATTEND_ENUM_TABLE(RopePairing, kRopePairings)

// The order is that of RopeScalingConfig's variant.
enum class RopeScalingType { none, linear, ntk, yarn, llama3 };

struct NoScaling {
  static constexpr EnumEntry<RopeScalingType> kRow{RopeScalingType::none, "none", "the angles as they are"};
  template <class V>
  void visit(V&) {}
};

// What every scaling knows.
struct ScalingFactor {
  double factor = 1;
  template <class V>
  void visit(V& v) {
    v.field("factor", factor, "how many times longer", Range{1, 1e6}, Resume::refused);
  }
};

struct LinearScaling : ScalingFactor {
  static constexpr EnumEntry<RopeScalingType> kRow{RopeScalingType::linear, "linear",
                                                   "every frequency divided by factor"};
};

struct NtkScaling : ScalingFactor {
  static constexpr EnumEntry<RopeScalingType> kRow{RopeScalingType::ntk, "ntk", "base times factor^(d / (d - 2))"};
};

struct YarnScaling : ScalingFactor {
  static constexpr EnumEntry<RopeScalingType> kRow{
      RopeScalingType::yarn, "yarn",
      "low frequencies divided, high ones kept, a ramp between; scores grow with 0.1 ln(factor) + 1"};
  std::int64_t original_length = 2048;
  double beta_fast = 32, beta_slow = 1;
  template <class V>
  void visit(V& v) {
    ScalingFactor::visit(v);
    v.field("original_length", original_length, "tokens of a sequence before", Range{1, 1e9}, Resume::refused);
    v.field("beta_fast", beta_fast, "turns over original_length from which a frequency is kept", Range{1e-3, 1e6},
            Resume::refused);
    v.field("beta_slow", beta_slow, "turns up to which it is divided", Range{1e-3, 1e6}, Resume::refused);
  }
};

struct Llama3Scaling : ScalingFactor {
  static constexpr EnumEntry<RopeScalingType> kRow{RopeScalingType::llama3, "llama3",
                                                   "long wavelengths divided, short ones kept, a ramp between"};
  std::int64_t original_length = 2048;
  double low_frequency_factor = 1, high_frequency_factor = 4;
  template <class V>
  void visit(V& v) {
    ScalingFactor::visit(v);
    v.field("original_length", original_length, "tokens of a sequence before", Range{1, 1e9}, Resume::refused);
    v.field("low_frequency_factor", low_frequency_factor, "turns up to which it is divided", Range{1e-3, 1e6},
            Resume::refused);
    v.field("high_frequency_factor", high_frequency_factor, "turns from which it is kept", Range{1e-3, 1e6},
            Resume::refused);
  }
};

struct RopeScalingConfig
    : OneOf<RopeScalingType, NoScaling, LinearScaling, NtkScaling, YarnScaling, Llama3Scaling> {
  // How many times longer sequences get; 1 without scaling.
  double factor() const {
    return std::visit(
        [](const auto& chosen) {
          if constexpr (requires { chosen.factor; }) return chosen.factor;
          else return 1.0;
        },
        options);
  }
  template <class V>
  void visit(V& v) {
    v.one_of("type", *this, "how the angles are made smaller for sequences longer than those of training",
             Resume::refused);
  }
};
ATTEND_ENUM_TABLE(RopeScalingType, RopeScalingConfig::kRows)

struct RopeOptions {
  static constexpr EnumEntry<PositionType> kRow{
      PositionType::rope, "rope", "queries and keys are turned by angles that grow with the position (RoFormer)"};
  static constexpr PositionKind kKind = PositionKind::rotary;
  double base = 10000;
  RopePairing pairing = RopePairing::halves;
  double fraction = 1;
  RopeScalingConfig scaling = {};
  template <class V>
  void visit(V& v) {
    v.field("base", base, "pair m turns by position * base^(-2m/d)", Range{1.001, 1e12}, Resume::refused);
    v.field("pairing", pairing, "which features turn together", {}, Resume::refused);
    v.field("fraction", fraction, "the part of each head that turns", Range{0.001, 1}, Resume::refused);
    v.section("scaling", scaling, "longer sequences than in training");
  }
};

}  // namespace attend
