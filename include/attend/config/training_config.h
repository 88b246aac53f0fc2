// The section `training`: optimizer, schedule, periods, guards.
#pragma once

#include <string>
#include <vector>

#include "attend/config/field.h"

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

struct OptimizerConfig {
  OptimizerType type = OptimizerType::adam;
  double lr = 5e-4;
  std::vector<double> betas{0.9, 0.98};
  double eps = 1e-9;
  double weight_decay = 0.0;
  DecayTarget decay = DecayTarget::matrices;
  std::vector<ParameterGroupConfig> groups;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "optimizer", {}, Resume::refused);
    v.field("lr", lr, "peak learning rate; for noam the multiplier", Range{0, 1e6}, Resume::warned);
    v.of("type", {OptimizerType::adam, OptimizerType::adamw, OptimizerType::sgd, OptimizerType::lion})
        .field("betas", betas, "decay of the first and second moments", kProbability, Resume::warned);
    v.of("type", {OptimizerType::adam, OptimizerType::adamw})
        .field("eps", eps, "added to the root of the second moment", Range{1e-30, 1}, Resume::warned);
    v.field("weight_decay", weight_decay, "strength", Range{0, 1e6}, Resume::warned);
    v.field("decay", decay, "what decays", {}, Resume::warned);
    v.list("groups", groups, "parameters treated in another way");
  }
};

struct ScheduleConfig {
  ScheduleType type = ScheduleType::inverse_sqrt;
  std::int64_t warmup_steps = 4000;
  double warmup_init_lr = 0.0;
  double min_lr = 0.0;
  std::int64_t decay_steps = 0;
  double factor = 0.5;
  std::int64_t patience = 3;
  template <class V>
  void visit(V& v) {
    v.field("type", type, "learning rate over the updates", {}, Resume::warned);
    v.field("warmup_steps", warmup_steps, "updates of the linear warm-up", kNotNegative, Resume::warned);
    v.field("warmup_init_lr", warmup_init_lr, "where the warm-up starts", Range{0, 1e6}, Resume::warned);
    v.field("min_lr", min_lr, "floor", Range{0, 1e6}, Resume::warned);
    v.of("type", {ScheduleType::cosine, ScheduleType::linear})
        .field("decay_steps", decay_steps, "update at which the rate reaches min_lr; 0: max_steps", kNotNegative,
               Resume::warned);
    v.of("type", {ScheduleType::plateau})
        .field("factor", factor, "what the rate is multiplied by", Range{1e-6, 1, true}, Resume::warned);
    v.of("type", {ScheduleType::plateau})
        .field("patience", patience, "validations without a better best_metric before the rate falls",
               Range{0, 1'000'000}, Resume::warned);
  }
};

struct EmaConfig {
  double decay = 0.0;
  template <class V>
  void visit(V& v) {
    v.field("decay", decay, "of the exponential moving average of the weights; 0: off", kProbability, Resume::refused);
  }
};

struct EarlyStoppingConfig {
  std::int64_t patience = 0;
  template <class V>
  void visit(V& v) {
    v.field("patience", patience, "validations without a better best_metric that end the training; 0: off",
            kNotNegative, Resume::free);
  }
};

struct GuardConfig {
  std::int64_t max_skipped = 20;
  double sigma = 5.0;
  std::int64_t window = 1000;
  std::int64_t rollbacks = 1;
  template <class V>
  void visit(V& v) {
    v.field("max_skipped", max_skipped, "updates in a row with a loss or gradient that is no number before a rollback",
            kPositive, Resume::free);
    v.field("sigma", sigma,
            "standard deviations above the mean loss of the window that call for a rollback, unless the loss falls "
            "again; 0: off",
            Range{0, 1e6}, Resume::free);
    v.field("window", window, "updates whose losses are remembered", Range{10, 100'000}, Resume::warned);
    v.field("rollbacks", rollbacks,
            "returns to the last good checkpoint with half the learning rate before the training gives up",
            Range{0, 1000}, Resume::free);
  }
};

struct TrainingConfig {
  std::int64_t max_steps = 100000;
  std::int64_t max_epochs = 0;
  double max_minutes = 0;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  Auto<double> label_smoothing;
  double clip_norm = 1.0;
  std::int64_t accumulate_steps = 1;
  EmaConfig ema;
  std::int64_t average_checkpoints = 0;
  Period validate_every{500};
  std::int64_t validate_batches = 0;
  std::vector<ValidateMetric> validate_metrics{ValidateMetric::loss};
  Auto<ValidateMetric> best_metric;
  Period save_every{500};
  std::int64_t keep_checkpoints = 5;
  EarlyStoppingConfig early_stopping;
  GuardConfig guard;
  std::string initialize_from;
  Period log_every{50};
  std::int64_t histograms_every = 0;
  template <class V>
  void visit(V& v) {
    v.field("max_steps", max_steps, "updates; 0: no limit", kNotNegative, Resume::free);
    v.field("max_epochs", max_epochs, "passes over the data; 0: no limit", kNotNegative, Resume::free);
    v.field("max_minutes", max_minutes, "of training in all, resumed parts included; 0: no limit", Range{0, 1e9},
            Resume::free);
    v.section("optimizer", optimizer, "optimizer");
    v.section("schedule", schedule, "learning-rate schedule");
    v.automatic("label_smoothing", label_smoothing, "epsilon, spread over all V classes", kProbability,
                Resume::incomparable, "0.1 for translation");
    v.field("clip_norm", clip_norm, "largest global gradient norm; 0: off", Range{0, 1e9}, Resume::warned);
    v.field("accumulate_steps", accumulate_steps, "batches an update", Range{1, 1'000'000}, Resume::warned);
    v.section("ema", ema, "exponential moving average of the weights");
    v.field("average_checkpoints", average_checkpoints,
            "final/ is the average of the last n on the save_every grid; 0: off", Range{0, 1000}, Resume::free);
    v.field("validate_every", validate_every, "between validations", {}, Resume::free);
    v.field("validate_batches", validate_batches, "batches a validation; 0: all", kNotNegative, Resume::warned);
    v.field("validate_metrics", validate_metrics, "what a validation measures; the first decides what is best", {},
            Resume::warned);
    v.automatic("best_metric", best_metric, "what decides which checkpoint is best", {}, Resume::warned,
                "the first of validate_metrics");
    v.field("save_every", save_every, "between checkpoints", {}, Resume::warned);
    v.field("keep_checkpoints", keep_checkpoints, "checkpoints kept besides the best", Range{1, 10000}, Resume::free);
    v.section("early_stopping", early_stopping, "stop when nothing gets better");
    v.section("guard", guard, "what happens when a training diverges");
    v.field("initialize_from", initialize_from,
            "a model to fine-tune, with its tokenizer unless data.tokenizer says otherwise", {}, Resume::free);
    v.field("log_every", log_every, "between lines of metrics", {}, Resume::free);
    v.field("histograms_every", histograms_every,
            "updates between histograms of gradients in the event file for TensorBoard; 0: none", kNotNegative,
            Resume::free);
  }
};

}  // namespace attend
