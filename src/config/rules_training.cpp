// Rules of training and decoding: machine, optimizer, schedule, loop.
#include "rule_book.h"

#include <algorithm>

#include "attend/core/text.h"

namespace attend {
namespace {

class TrainingRules : public RuleBook {
 public:
  using RuleBook::RuleBook;
  void check() {
    runtime();
    optimizer();
    schedule();
    loop();
  }

 private:
  void runtime() {
    const std::string& device = config_.runtime.device;
    const std::int64_t number = device.starts_with("cuda:") ? parse_int(device.substr(5)).value_or(-1) : -1;
    const bool known =
        device == "auto" || device == "cpu" || device == "cuda" || (number >= 0 && number < 1024);
    if (!known)
      complain({"runtime.device"}, concat("\"", device, "\" is none of auto, cpu, cuda, cuda:N",
                                          did_you_mean(device, {"auto", "cpu", "cuda"})));
    if (config_.output.empty()) complain({"output"}, "expected a directory, got nothing");
  }

  void optimizer() {
    if (const auto* betas = config_.training.optimizer.betas(); betas && betas->size() != 2)
      complain({"training.optimizer.betas"}, concat("expected 2 values, got ", betas->size()));
    const auto& groups = config_.training.optimizer.groups;
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (groups[i].pattern.empty())
        complain({concat("training.optimizer.groups", groups.size() < 2 ? "" : concat("[", i, "]"), ".pattern")},
                 "missing; the names of the parameters that the group is for");
  }

  void schedule() {
    const TrainingConfig& training = config_.training;
    const ScheduleConfig& schedule = training.schedule;
    const std::string type = "training.schedule.type", warmup = "training.schedule.warmup_steps";
    const auto type_is = other(type, name_of(schedule.type()));
    const bool decays = schedule.decays();
    const bool divides = schedule.type() == ScheduleType::inverse_sqrt || schedule.type() == ScheduleType::noam;
    if (divides && schedule.warmup_steps == 0)
      complain({warmup, type}, concat("expected at least 1, because ", type_is));
    const std::int64_t end = schedule.decay_steps() > 0 ? schedule.decay_steps() : training.max_steps;
    const std::string end_path =
        schedule.decay_steps() > 0 ? "training.schedule.decay_steps" : "training.max_steps";
    if (decays && end == 0)
      complain(
          {"training.schedule.decay_steps", type},
          concat("expected an update to end at, because ", type_is, " and ", other("training.max_steps", 0)));
    if (decays && end > 0 && end <= schedule.warmup_steps)
      complain(
          {end_path, warmup},
          concat(end, " ends the decay before the warm-up does: ", other(warmup, schedule.warmup_steps)));
    const auto above_peak = [&](const std::string& path, double value) {
      if (schedule.type() != ScheduleType::noam && value > training.optimizer.lr)
        complain({path, "training.optimizer.lr"},
                 concat(format_double(value), " is above the peak: ",
                        other("training.optimizer.lr", format_double(training.optimizer.lr))));
    };
    above_peak("training.schedule.min_lr", schedule.min_lr);
    above_peak("training.schedule.warmup_init_lr", schedule.warmup_init_lr);
  }

  void loop() {
    const TrainingConfig& training = config_.training;
    if (training.max_steps == 0 && training.max_epochs == 0 && training.max_minutes == 0)
      complain({"training.max_steps", "training.max_epochs", "training.max_minutes"},
               "nothing ends the training; set max_steps, max_epochs or max_minutes");
    if (training.average_checkpoints > training.keep_checkpoints)
      complain({"training.average_checkpoints", "training.keep_checkpoints"},
               concat(training.average_checkpoints, " cannot be averaged: ",
                      other("training.keep_checkpoints", training.keep_checkpoints)));
    auto metrics = training.validate_metrics;
    std::sort(metrics.begin(), metrics.end());
    if (metrics.empty()) complain({"training.validate_metrics"}, "expected at least one metric");
    if (std::adjacent_find(metrics.begin(), metrics.end()) != metrics.end())
      complain({"training.validate_metrics"}, "a metric is given twice");
    const auto best = training.best_metric;
    if (best && std::find(metrics.begin(), metrics.end(), *best) == metrics.end())
      complain({"training.best_metric", "training.validate_metrics"},
               concat("\"", name_of(*best), "\" is not measured: it is none of training.validate_metrics (",
                      where("training.validate_metrics"), ")"));
    if (training.ema.decay > 0 && training.average_checkpoints > 0)
      complain({"training.average_checkpoints", "training.ema.decay"},
               "final/ is either the moving average or the mean of checkpoints; switch one of them off");
    const bool automatic = !config_.decoding.max_length;
    const auto longest = config_.decoding.max_length.value_or(config_.data.max_length);
    if (config_.decoding.min_length >= longest)
      complain({"decoding.min_length", "decoding.max_length"},
               concat(config_.decoding.min_length, " leaves no room for the end symbol in the longest output: ",
                      other(automatic ? "data.max_length" : "decoding.max_length", longest)));
  }
};

}  // namespace

void check_training_rules(const Config& config, const Origins& origins, Problems& problems) {
  TrainingRules(config, origins, problems).check();
}

}  // namespace attend
