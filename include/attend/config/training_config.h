// The section `training`: optimizer, schedule, periods, guards.
#pragma once

#include <string>
#include <vector>

#include "attend/config/enums/training.h"
#include "attend/config/field.h"
#include "attend/config/optimizer_config.h"
#include "attend/config/schedule_config.h"

namespace attend {

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
