#include "attend/training/trainer.h"

#include <cmath>
#include <limits>

#include "attend/core/interrupt.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/data/corpora.h"
#include "attend/data/data_record.h"
#include "attend/storage/manifest.h"
#include "attend/training/checkpoints.h"
#include "attend/training/gradient_histograms.h"
#include "attend/training/progress_line.h"
#include "attend/training/signals.h"
#include "attend/training/swapped_weights.h"

namespace attend {

Trainer::Trainer(const TrainingParts& parts)
    : parts_(parts),
      training_(parts.config.training),
      validates_(!parts.config.data.validation.empty()),
      update_(parts.config, parts.task, parts.model, parts.runtime),
      before_(state_),
      guard_(training_.guard, concat(keys_of_losses(parts.config), "data: ", training_hash(parts.data))),
      plateau_(training_.schedule),
      started_(std::chrono::steady_clock::now()) {
  if (training_.best_metric) state_.best.metric = metric_name(*training_.best_metric);
}

int Trainer::run() {
  SignalGuard signals;
  restore();
  if (resumed_from_ && done()) log_info("nothing to do: ", end());
  if (owes_validation()) validate_late();
  while (!done()) {
    if (const int signal = interrupt_signal(); signal != 0 && state_.step > 0) {
      save();
      return signal;
    }
    step();
    if (rolled_back()) continue;
    if (due(training_.log_every)) log();
    if (training_.histograms_every > 0 && state_.step % training_.histograms_every == 0) log_gradients();
    if (validates_ && due(training_.validate_every)) validate();
    if (due(training_.save_every)) save_if_room();
  }
  return finish() ? 0 : interrupt_signal();
}

std::string Trainer::end() const {
  const auto reached = [](const char* name, const auto& limit) {
    return concat("training.", name, " ", limit, " is reached");
  };
  if (training_.max_steps > 0 && state_.step >= training_.max_steps) return reached("max_steps", training_.max_steps);
  if (training_.max_epochs > 0 && state_.cursor.epoch >= training_.max_epochs)
    return reached("max_epochs", training_.max_epochs);
  const auto patience = training_.early_stopping.patience;
  if (patience > 0 && state_.best.stale >= patience)
    return concat("early stopping: ", state_.best.stale, " validations without a better ", state_.best.metric,
                  " than at update ", format_count(state_.best.step), ", training.early_stopping.patience is ",
                  patience);
  if (training_.max_minutes > 0 && seconds() >= 60 * training_.max_minutes)
    return reached("max_minutes", training_.max_minutes);
  return "";
}

double Trainer::seconds() const {
  return state_.wall_seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void Trainer::restore() {
  const auto newest = parts_.directory.newest_valid();
  if (newest) {
    const auto path = parts_.directory.checkpoint_path(*newest);
    const auto saved = read_json(listed_file(path, "state.json"));
    state_.load(saved);
    before_ = Progress(state_);
    before_.load(saved);
    meters_.load(saved);
    guard_.load(saved);
    plateau_.load(saved);
    set_parameters(parts_.model, load_tensors(listed_file(path, "model.safetensors")), path.string());
    update_.load(path, saved);
    set_rate();
    resumed_from_ = saved_step_ = *newest;
    log_info("resuming after update ", format_count(state_.step));
    notice_other_data(saved.value("data", Json()));
    restore_best(parts_.directory, state_.best);
  }
  metrics_.emplace(parts_.directory.path(), state_.step, !owes_validation());
  started_ = std::chrono::steady_clock::now();
  stream_ = parts_.task.train_stream(state_.cursor);
}

void Trainer::notice_other_data(const Json& before) {
  const auto changes = training_changes(before, parts_.data);
  for (const auto& change : changes) log_info("data of training, ", change);
  if (!changes.empty()) {
    if (state_.cursor.pool > 0 || state_.cursor.index > 0) state_.cursor = {state_.cursor.epoch + 1, 0, 0};
    log_info("weights, optimizer, update and schedule stay; epoch ", state_.cursor.epoch, " begins with the new data");
  }
  const bool parted = held_out_share(parts_.config.data) > 0;  // the validation is a part of what is trained on
  if (same_validation(before, parts_.data) && (changes.empty() || !parted)) return;
  log_info("the validation sets are not what they were: the best is looked for anew");
  state_.best = {state_.best.metric, std::nullopt, 0, 0};
}

void Trainer::step() {
  before_ = Progress(state_);
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < training_.accumulate_steps; ++i) {
    auto item = stream_->next();
    epoch_part_ = item.epoch_part;
    state_.cursor = item.next;
    state_.target_tokens += item.batch.target_tokens;
    batches.push_back(std::move(item.batch));
  }
  const auto update = update_.run(++state_.step, batches);
  meters_.add(update, batches);
  guard_.add(update);
}

void Trainer::log() {
  const auto report = meters_.report();
  const double now = seconds();
  const double rate = static_cast<double>(report.source_tokens + report.target_tokens) /
                      std::max(now - state_.wall_report_seconds, 1e-9);
  state_.wall_report_seconds = now;
  show_progress(progress_line({state_, training_, report, epoch_part_, update_.schedule().at(state_.step), rate, now}));
  if (report.skipped > 0)
    log_warning(format_count(report.skipped), " updates were skipped: their loss or gradient was no number");
  Json line{{"split", "train"},
            {"perplexity", std::exp(report.mean("nll"))},
            {"lr", update_.schedule().at(state_.step)},
            {"gradient_norm", report.gradient_norm},
            {"skipped", report.skipped},
            {"target_tokens", report.target_tokens},
            {"padding_ratio", report.padding_ratio},
            {"wall_tokens_per_second", rate}};
  for (const auto& [name, mean] : report.terms) line[name] = mean;
  if (report.source_tokens > 0) line["source_tokens"] = report.source_tokens;
  write_metrics(line);
  meters_.reset();
  look_ahead();
}

void Trainer::look_ahead() {
  constexpr std::int64_t kSure = 20;  // updates, from which on their pace says something
  constexpr double kLong = 0.8;
  const auto steps = static_cast<double>(state_.step);
  const bool did_nothing = resumed_from_ && *resumed_from_ == state_.step;
  if (looked_ahead_ || did_nothing || (state_.step < kSure && !done())) return;
  const char* limit = nullptr;
  double last = std::numeric_limits<double>::max();
  const auto consider = [&](const char* name, double allowed, double used) {
    if (allowed <= 0 || used <= 0 || steps * allowed / used >= last) return;
    limit = name;
    last = steps * allowed / used;
  };
  const double epochs = static_cast<double>(state_.cursor.epoch) + (epoch_part_ < 1 ? epoch_part_ : 0);
  consider("max_epochs", static_cast<double>(training_.max_epochs), epochs);
  consider("max_minutes", 60 * training_.max_minutes, seconds());
  const auto& schedule = update_.schedule();
  const auto due = static_cast<double>(schedule.end());
  looked_ahead_ = true;
  if (!limit ||
      last >= kLong * (training_.max_steps > 0 ? std::min(due, static_cast<double>(training_.max_steps)) : due))
    return;
  finish_progress();
  const auto update = std::max<std::int64_t>(state_.step, std::llround(last));
  log_warning("[training.schedule] ", limit, " ends the training near update ", format_count(update),
              ", long before the schedule, made for ", format_count(schedule.end()),
              " updates, is through: the learning rate will then be ", format_double(schedule.at(update)),
              "; set schedule.decay_steps (of cosine and linear) or schedule.warmup_steps to what there is time for");
}

void Trainer::log_gradients() {
  write_gradient_histograms(parts_.model, {state_.step, state_.target_tokens - before_.target_tokens}, *metrics_);
}

void Trainer::validate() {
  const std::string model = due(training_.validate_every) ? "" : "last";
  const auto former = state_.best;
  bool best = false;
  try {
    const auto averaged = update_.averaged();
    const SwappedWeights result(parts_.model, update_, result_weights());
    best = measure(model);
  } catch (const Interrupted&) {
    finish_progress();
    log_info("the validation of update ", format_count(state_.step),
             " is ended early; it is the first thing that the same command does");
    return;
  }
  state_.validated_step = state_.step;
  if (model.empty()) plateau_.observe(best);
  set_rate();
  if (best && save_if_room()) {
    parts_.directory.set_best(state_.step);
  } else if (best) {
    state_.best = former;  // nobody could come back to this one
  } else if (training_.early_stopping.patience > 0 && state_.best.stale == training_.early_stopping.patience) {
    log_info("early stopping: ", state_.best.stale, " validations without a better ", state_.best.metric,
             " than at update ", format_count(state_.best.step));
  }
}

// What it decides belongs to the checkpoint that is there.
void Trainer::validate_late() {
  validate();
  if (owes_validation()) return;
  saved_step_ = -1;
  save_if_room();
}

// Averages are of checkpoints; this moment is one if it is about to be saved.
NamedTensors Trainer::result_weights() const {
  const bool is_newest = due(training_.save_every) && saved_step_ != state_.step;
  const auto now = parameters_of(parts_.model);
  return average_of_newest({parts_.directory, training_.average_checkpoints, is_newest ? &now : nullptr});
}

bool Trainer::measure(const std::string& model) {
  const auto results = parts_.task.validate(parts_.model);
  measured_ = results.front().values.at(state_.best.metric);
  const bool best = model != "final" && state_.best.add(measured_, state_.step);
  finish_progress();
  for (const auto& result : results) {
    Json line(result.values);
    line["split"] = result.set;
    if (!model.empty()) line["model"] = model;
    write_metrics(line);
    log_info(model == "final" ? "final model" : concat("update ", format_count(state_.step)), "  ",
             validation_line(result), best && &result == &results.front() ? "  (best)" : "");
  }
  return best;
}

void Trainer::look_at_directory() {
  if (!parts_.directory.restore_checkpoints()) return;
  // The best of this very update is about to be saved, so it cannot be there yet.
  if (state_.best.step != state_.step) restore_best(parts_.directory, state_.best);
  saved_step_ = -1;
}

void Trainer::save() {
  look_at_directory();
  if (saved_step_ == state_.step) return;
  metrics_->sync();
  TrainingState state = state_;
  state.wall_seconds = seconds();
  auto json = state.save();
  before_.save(json);
  json["on_grid"] = due(training_.save_every);
  json["data"] = parts_.data;
  meters_.save(json);
  guard_.save(json);
  plateau_.save(json);
  auto files = update_.save(json);
  write_checkpoint(parts_.directory.checkpoint_path(state_.step),
                   {parts_.config, parts_.tokenizers, parameters_of(parts_.model), std::move(files), json});
  saved_step_ = state_.step;
  parts_.directory.set_last(state_.step);
  parts_.directory.rotate({std::max(training_.keep_checkpoints, training_.average_checkpoints),
                           [this](std::int64_t step) { return is_on_grid(parts_.directory.checkpoint_path(step)); },
                           resumed_from_});
}

bool Trainer::finish() {
  if (state_.step == 0) throw ConfigError("[training] the limits leave no update to be made; raise training.max_steps");
  save();  // before what follows, which a run with a higher limit would not have done here
  if (validates_ && state_.validated_step != state_.step) validate();
  if (interrupt_signal() != 0) return false;
  look_ahead();
  auto weights = result_weights();
  const bool is_mean = !weights.empty();
  if (!is_mean && state_.best.step > 0)
    weights = load_tensors(listed_file(parts_.directory.checkpoint_path(state_.best.step),
                                       training_.ema.decay > 0 ? "ema.safetensors" : "model.safetensors"));
  if (training_.average_checkpoints > 0 && !is_mean)
    log_warning("[training.average_checkpoints] no checkpoint lies on the grid of save_every, so nothing is averaged: "
                "final/ is the best checkpoint; lower training.save_every");
  const SwappedWeights result(parts_.model, update_, weights);
  try {
    if (validates_) measure("final");
    if (validates_ && is_mean) compare_with_last(measured_);
  } catch (const Interrupted&) {
    return false;
  }
  const auto parameters = parameters_of(parts_.model);
  AtomicDirectory directory(parts_.directory.final_path(), bytes_of(parameters));
  write_model(directory, parts_.config, parameters, parts_.tokenizers);
  directory.commit();
  log_info("final model in ", parts_.directory.final_path().string());
  metrics_->close();
  return true;
}

void Trainer::compare_with_last(double mean) {
  const SwappedWeights last(parts_.model, update_, average_of_newest({parts_.directory, 1, nullptr}));
  const double alone = parts_.task.validate(parts_.model).front().values.at(state_.best.metric);
  const bool is_worse = state_.best.metric == metric_name(ValidateMetric::loss) ? alone < mean : alone > mean;
  if (is_worse)
    log_warning("[training.average_checkpoints] the mean of checkpoints is worse than the last of them alone: ",
                state_.best.metric, " ", format_fixed(mean, 4), " against ", format_fixed(alone, 4),
                ", as where the loss still falls fast; average fewer or later ones, or none "
                "(0), and final/ is the best checkpoint");
}

void Trainer::write_metrics(Json line) {
  line["step"] = state_.step;
  line["epoch"] = state_.cursor.epoch;
  line["wall_seconds"] = seconds();
  metrics_->write(line);
}

}  // namespace attend
