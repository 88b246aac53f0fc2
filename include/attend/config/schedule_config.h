// The section `training.schedule`: the curve with its own options, and what all curves share.
#pragma once

#include "attend/config/field.h"
#include "attend/config/one_of.h"

namespace attend {

// The order is that of ScheduleConfig's variant.
enum class ScheduleType { inverse_sqrt, noam, cosine, linear, constant, plateau };

struct NoCurveOptions {
  template <class V>
  void visit(V&) {}
};
struct InverseSqrtOptions : NoCurveOptions {
  static constexpr EnumEntry<ScheduleType> kRow{ScheduleType::inverse_sqrt, "inverse_sqrt",
                                                "warm-up to lr, then lr * sqrt(warmup_steps / t)"};
};
struct NoamOptions : NoCurveOptions {
  static constexpr EnumEntry<ScheduleType> kRow{ScheduleType::noam, "noam",
                                                "lr * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)"};
};
struct ConstantOptions : NoCurveOptions {
  static constexpr EnumEntry<ScheduleType> kRow{ScheduleType::constant, "constant", "warm-up to lr, then lr"};
};

// Curves that end.
struct Decay {
  std::int64_t decay_steps = 0;
  template <class V>
  void visit(V& v) {
    v.field("decay_steps", decay_steps, "update at which the rate reaches min_lr; 0: max_steps", kNotNegative,
            Resume::warned);
  }
};
struct CosineOptions : Decay {
  static constexpr EnumEntry<ScheduleType> kRow{ScheduleType::cosine, "cosine",
                                                "warm-up to lr, then half a cosine down to min_lr at decay_steps"};
};
struct LinearDecayOptions : Decay {
  static constexpr EnumEntry<ScheduleType> kRow{ScheduleType::linear, "linear",
                                                "warm-up to lr, then a line down to min_lr at decay_steps"};
};

struct PlateauOptions {
  static constexpr EnumEntry<ScheduleType> kRow{
      ScheduleType::plateau, "plateau",
      "warm-up to lr, then times factor after each `patience` validations without a better best_metric"};
  double factor = 0.5;
  std::int64_t patience = 3;
  template <class V>
  void visit(V& v) {
    v.field("factor", factor, "what the rate is multiplied by", Range{1e-6, 1, true}, Resume::warned);
    v.field("patience", patience, "validations without a better best_metric before the rate falls",
            Range{0, 1'000'000}, Resume::warned);
  }
};

struct ScheduleConfig : OneOf<ScheduleType, InverseSqrtOptions, NoamOptions, CosineOptions, LinearDecayOptions,
                              ConstantOptions, PlateauOptions> {
  std::int64_t warmup_steps = 4000;
  double warmup_init_lr = 0.0;
  double min_lr = 0.0;

  // True for curves that end; `decay_steps` says where, and 0 stands for the last update.
  bool decays() const { return type() == ScheduleType::cosine || type() == ScheduleType::linear; }
  std::int64_t decay_steps() const {
    return std::visit(
        [](const auto& chosen) -> std::int64_t {
          if constexpr (requires { chosen.decay_steps; }) return chosen.decay_steps;
          else return 0;
        },
        options);
  }
  template <class V>
  void visit(V& v) {
    v.one_of("type", *this, "learning rate over the updates", Resume::warned);
    v.field("warmup_steps", warmup_steps, "updates of the linear warm-up", kNotNegative, Resume::warned);
    v.field("warmup_init_lr", warmup_init_lr, "where the warm-up starts", Range{0, 1e6}, Resume::warned);
    v.field("min_lr", min_lr, "floor", Range{0, 1e6}, Resume::warned);
  }
};
ATTEND_ENUM_TABLE(ScheduleType, ScheduleConfig::kRows)

}  // namespace attend
