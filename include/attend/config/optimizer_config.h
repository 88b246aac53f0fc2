// The section `training.optimizer`: the rule with its own options, and what all rules share.
#pragma once

#include <string>
#include <vector>

#include "attend/config/enums/training.h"
#include "attend/config/field.h"
#include "attend/config/one_of.h"

namespace attend {

// Settings for the parameters whose names match `pattern`. A parameter belongs to the first group that matches.
struct ParameterGroupConfig {
  std::string pattern;
  double lr_scale = 1.0;
  Auto<double> weight_decay;
  bool frozen = false;
  template <class V>
  void visit(V& v) {
    v.field("pattern", pattern, "names as in docs/parameter-names.md; * stands for any characters", {},
            Resume::refused);
    v.field("lr_scale", lr_scale, "multiplies the learning rate", Range{0, 1e6}, Resume::warned);
    v.automatic("weight_decay", weight_decay, "strength in this group", Range{0, 1e6}, Resume::warned,
                "that of the optimizer");
    v.field("frozen", frozen, "not trained at all", {}, Resume::refused);
  }
};

// The order is that of OptimizerConfig's variant.
enum class OptimizerType { adam, adamw, sgd, adafactor, lion };

struct Betas {
  std::vector<double> betas{0.9, 0.98};
  template <class V>
  void visit(V& v) {
    v.field("betas", betas, "decay of the first and second moments", kProbability, Resume::warned);
  }
};

struct AdamOptions : Betas {
  static constexpr EnumEntry<OptimizerType> kRow{OptimizerType::adam, "adam",
                                                 "Adam; weight decay is added to the gradient"};
  double eps = 1e-9;
  template <class V>
  void visit(V& v) {
    Betas::visit(v);
    v.field("eps", eps, "added to the root of the second moment", Range{1e-30, 1}, Resume::warned);
  }
};

struct AdamwOptions : AdamOptions {
  static constexpr EnumEntry<OptimizerType> kRow{OptimizerType::adamw, "adamw", "Adam with decoupled weight decay"};
};

struct SgdOptions : Betas {
  static constexpr EnumEntry<OptimizerType> kRow{OptimizerType::sgd, "sgd",
                                                 "gradient descent; betas[0] is the momentum"};
};

struct AdafactorOptions {
  static constexpr EnumEntry<OptimizerType> kRow{
      OptimizerType::adafactor, "adafactor",
      "factored second moments, updates clipped by their root mean square, no first moment"};
  template <class V>
  void visit(V&) {}
};

struct LionOptions : Betas {
  static constexpr EnumEntry<OptimizerType> kRow{OptimizerType::lion, "lion",
                                                 "the sign of an interpolated momentum, decoupled weight decay"};
};

struct OptimizerConfig : OneOf<OptimizerType, AdamOptions, AdamwOptions, SgdOptions, AdafactorOptions, LionOptions> {
  double lr = 5e-4;
  double weight_decay = 0.0;
  DecayTarget decay = DecayTarget::matrices;
  std::vector<ParameterGroupConfig> groups;

  // Null where the type has none.
  const std::vector<double>* betas() const {
    return std::visit(
        [](const auto& chosen) -> const std::vector<double>* {
          if constexpr (requires { chosen.betas; }) return &chosen.betas;
          else return nullptr;
        },
        options);
  }

  template <class V>
  void visit(V& v) {
    v.one_of("type", *this, "optimizer", Resume::refused);
    v.field("lr", lr, "peak learning rate; for noam the multiplier", Range{0, 1e6}, Resume::warned);
    v.field("weight_decay", weight_decay, "strength", Range{0, 1e6}, Resume::warned);
    v.field("decay", decay, "what decays", {}, Resume::warned);
    v.list("groups", groups, "parameters treated in another way");
  }
};
ATTEND_ENUM_TABLE(OptimizerType, OptimizerConfig::kRows)

}  // namespace attend
