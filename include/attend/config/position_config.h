// A row of `model.position`: the position scheme with its own options.
#pragma once

#include "attend/config/one_of.h"
#include "attend/config/position/absolute.h"
#include "attend/config/position/relative.h"
#include "attend/config/position/rope.h"

namespace attend {

struct PositionConfig : OneOf<PositionType, SinusoidalOptions, LearnedOptions, ShawOptions, T5Options, XlOptions,
                              RopeOptions, AlibiOptions, NoPositionOptions> {
  bool automatic = true;  // nobody chose the type: the architecture decides it

  PositionConfig() = default;
  template <class T>
  requires requires { T::kKind; }
  PositionConfig(const T& chosen) : automatic(false) { options = chosen; }

  void choose(PositionType type) {
    OneOf::choose(type);
    automatic = false;
  }
  // Takes the type that `auto` stands for; options that belong to it stay.
  void assume(PositionType type) {
    if (automatic) OneOf::choose(type);
  }
  template <class V>
  void visit(V& v) {
    v.automatic_one_of("type", *this, "position scheme", Resume::refused,
                       "sinusoidal, and rope for architecture decoder");
  }
};
ATTEND_ENUM_TABLE(PositionType, PositionConfig::kRows)

// A position scheme with the defaults of its options.
inline PositionConfig position_config(PositionType type) {
  PositionConfig config;
  config.choose(type);
  return config;
}

inline PositionKind kind_of(const PositionConfig& config) {
  return std::visit([](const auto& chosen) { return std::decay_t<decltype(chosen)>::kKind; }, config.options);
}
inline PositionKind kind_of(PositionType type) { return kind_of(position_config(type)); }

}  // namespace attend
