#include "attend/training/trainer.h"

#include <cmath>

#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/training/run_files.h"
#include "attend/training/signals.h"

namespace attend {

Trainer::Trainer(const TrainingParts& parts)
    : parts_(parts),
      training_(parts.config.training),
      update_(parts.config, parts.task, parts.model, parts.runtime),
      started_(std::chrono::steady_clock::now()) {}

int Trainer::run() {
  SignalGuard signals;
  restore();
  while (!done()) {
    step();
    if (due(training_.log_every)) log();
    if (due(training_.validate_every)) validate();
    if (due(training_.save_every)) save();
    if (const int signal = SignalGuard::requested()) {
      save();
      return signal;
    }
  }
  finish();
  return 0;
}

bool Trainer::done() const {
  if (training_.max_steps > 0 && state_.step >= training_.max_steps) return true;
  if (training_.max_epochs > 0 && state_.cursor.epoch >= training_.max_epochs) return true;
  return training_.max_minutes > 0 && seconds() >= 60 * training_.max_minutes;
}

double Trainer::seconds() const {
  return state_.wall_seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void Trainer::restore() {
  const auto newest = parts_.directory.newest_valid();
  if (newest) {
    const auto path = parts_.directory.checkpoint_path(*newest);
    const auto saved = read_json(path / "state.json");
    state_.load(saved);
    meters_.load(saved);
    set_parameters(parts_.model, load_tensors(path / "model.safetensors"), path.string());
    update_.load({load_tensors(path / "optimizer.safetensors"), {}});
    update_.refresh();
    resumed_from_ = saved_step_ = *newest;
    // best.txt may be ahead of the state: moved by the validation at a former end, or a kill came between the two.
    if (state_.best_value) parts_.directory.set_best(state_.best_step);
    log_info("resuming after update ", format_count(state_.step));
  }
  const auto metrics = prepare_metrics(parts_.directory.path() / "metrics.jsonl", training_, state_.step);
  metrics_file_.emplace(metrics, OutputFile::Mode::append);
  started_ = std::chrono::steady_clock::now();
  stream_ = parts_.task.train_stream(state_.cursor, {parts_.collective.rank(), parts_.collective.size()});
}

void Trainer::step() {
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < training_.accumulate_steps; ++i) {
    auto item = stream_->next();
    epoch_batches_ = item.epoch_batches;
    state_.cursor = {item.cursor.epoch, item.cursor.index + 1};
    if (state_.cursor.index >= item.epoch_batches) state_.cursor = {item.cursor.epoch + 1, 0};
    batches.push_back(std::move(item.batch));
  }
  update_.run(++state_.step, batches, meters_);
}

void Trainer::log() {
  const auto report = meters_.report();
  if (!std::isfinite(report.loss))
    throw DivergedError("[training] expected a finite loss, got ", report.loss, " at update ", state_.step,
                        "; lower training.optimizer.lr or lengthen schedule.warmup_steps, then resume from the last checkpoint");
  const double now = seconds();
  const double tokens = static_cast<double>(report.source_tokens + report.target_tokens);
  const double rate = tokens / std::max(now - state_.wall_report_seconds, 1e-9);
  state_.wall_report_seconds = now;
  show_progress(progress_line({state_, training_, report, epoch_batches_, update_.schedule().at(state_.step), rate, now}));
  write_metrics({{"split", "train"}, {"loss", report.loss}, {"nll", report.nll}, {"perplexity", std::exp(report.nll)},
                 {"lr", update_.schedule().at(state_.step)}, {"gradient_norm", report.gradient_norm},
                 {"source_tokens", report.source_tokens}, {"target_tokens", report.target_tokens},
                 {"padding_ratio", report.padding_ratio}, {"wall_tokens_per_second", rate}});
  meters_.reset();
}

void Trainer::validate() {
  const auto metrics = parts_.task.validate(parts_.model);
  // "loss" as a metric is the plain negative log-likelihood: smoothing must not decide what is best.
  const double value = metrics.at("nll");
  const bool best = std::isfinite(value) && (!state_.best_value || value < *state_.best_value);
  finish_progress();
  log_info("update ", format_count(state_.step), "  validation nll ", format_fixed(value, 4), "  perplexity ",
           format_fixed(metrics.at("perplexity"), 2), best ? "  (best)" : "");
  write_metrics({{"split", "validation"}, {"loss", metrics.at("loss")}, {"nll", value}, {"perplexity", metrics.at("perplexity")}});
  if (!best) return;
  state_.best_value = value;
  state_.best_step = state_.step;
  save();
  parts_.directory.set_best(state_.step);
}

void Trainer::save() {
  if (saved_step_ == state_.step) return;
  StateDict optimizer;
  update_.save(optimizer);
  const auto parameters = parameters_of(parts_.model);
  TrainingState state = state_;
  state.wall_seconds = seconds();
  auto json = state.save();
  meters_.save(json);

  AtomicDirectory directory(parts_.directory.checkpoint_path(state_.step), bytes_of(parameters) + bytes_of(optimizer.tensors));
  write_model(directory, parts_.config, parameters, parts_.tokenizers);
  save_tensors(directory.file("optimizer.safetensors"), optimizer.tensors);
  OutputFile file(directory.file("state.json"));
  file.write(json.dump(1) + "\n");
  file.close();
  directory.commit();

  saved_step_ = state_.step;
  parts_.directory.set_last(state_.step);
  const auto every = training_.save_every.count;
  parts_.directory.rotate({std::max(training_.keep_checkpoints, training_.average_checkpoints),
                           [every](std::int64_t step) { return step % every == 0; }, resumed_from_});
}

void Trainer::finish() {
  if (state_.step == 0) throw ConfigError("[training] the limits leave no update to be made; raise training.max_steps");
  save();  // before what follows, which a run with a higher limit would not have done here
  if (!due(training_.validate_every)) validate();
  finish_progress();
  const auto last = parameters_of(parts_.model);
  NamedTensors kept;
  for (const auto& [name, tensor] : last) kept.emplace(name, tensor.clone());
  set_parameters(parts_.model, final_parameters(parts_.directory, training_, state_.best_step), "final");
  update_.refresh();
  const auto metrics = parts_.task.validate(parts_.model);
  log_info("final model  validation nll ", format_fixed(metrics.at("nll"), 4), "  perplexity ",
           format_fixed(metrics.at("perplexity"), 2), "  ", (parts_.directory.final_path()).string());
  write_metrics({{"split", "validation"}, {"model", "final"}, {"loss", metrics.at("loss")}, {"nll", metrics.at("nll")},
                 {"perplexity", metrics.at("perplexity")}});
  AtomicDirectory directory(parts_.directory.final_path(), bytes_of(kept));
  write_model(directory, parts_.config, parameters_of(parts_.model), parts_.tokenizers);
  directory.commit();
  set_parameters(parts_.model, kept, "final");
  update_.refresh();
  metrics_file_->close();
}

void Trainer::write_metrics(Json line) {
  line["step"] = state_.step;
  line["epoch"] = state_.cursor.epoch;
  line["wall_seconds"] = seconds();
  metrics_file_->write(line.dump() + "\n");
}

}  // namespace attend
