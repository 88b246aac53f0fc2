#include "attend/config/warnings.h"

#include <algorithm>
#include <filesystem>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

using Sentences = std::vector<std::string>;

void warn_of_schedule(const TrainingConfig& training, Sentences& warnings) {
  const ScheduleConfig& schedule = training.schedule;
  if (training.max_steps > 0 && training.max_steps < schedule.warmup_steps)
    warnings.push_back(concat("[training.schedule] the peak learning rate is due at update ",
                              format_count(schedule.warmup_steps), ", which max_steps ",
                              format_count(training.max_steps), " never reaches; lower warmup_steps"));
  const bool others = training.max_epochs > 0 || training.max_minutes > 0;
  const bool decays = schedule.decays();
  if (decays && schedule.decay_steps() == 0 && others)
    warnings.push_back(
        concat("[training.schedule] ", name_of(schedule.type()), " reaches min_lr at max_steps, update ",
               format_count(training.max_steps), "; where ", training.max_epochs > 0 ? "max_epochs" : "max_minutes",
               " ends the training before, the rate never gets there; set decay_steps to the update that ends it"));
  if (!decays || schedule.decay_steps() == 0 || training.max_steps == 0) return;
  const auto end = format_count(schedule.decay_steps()), last = format_count(training.max_steps);
  const auto slack = training.max_steps / 20;  // recipes of other tools end an update or two beside it
  if (schedule.decay_steps() > training.max_steps + slack)
    warnings.push_back(concat("[training.schedule] ", name_of(schedule.type()),
                              " reaches min_lr at decay_steps, update ", end, ", which max_steps ", last,
                              " never reaches; leave decay_steps out, or lower it"));
  else if (!others && schedule.decay_steps() < training.max_steps - slack && schedule.min_lr == 0)
    warnings.push_back(concat("[training.schedule] the learning rate is 0 from decay_steps, update ", end,
                              ", to max_steps ", last, ", so nothing is learned there; raise decay_steps or min_lr"));
}

void warn_of_averages(const TrainingConfig& training, Sentences& warnings) {
  const Period& every = training.save_every;
  if (training.average_checkpoints == 0 || every.unit != PeriodUnit::updates || training.max_steps == 0) return;
  const auto saved = training.max_steps / every.count;
  if (saved >= training.average_checkpoints) return;
  warnings.push_back(concat("[training.average_checkpoints] of ", training.average_checkpoints,
                            " checkpoints to average, ", saved == 0 ? "none" : format_count(saved),
                            saved == 1 ? " is" : " are", " saved: save_every is ", format_count(every.count),
                            " and max_steps ", format_count(training.max_steps), "; lower save_every"));
}

void warn_of_guard(const GuardConfig& guard, Sentences& warnings) {
  if (guard.sigma == 0 && guard.window != GuardConfig{}.window)
    warnings.push_back("[training.guard.window] means nothing where training.guard.sigma is 0; leave it out");
}

// Best checkpoints, early stopping and plateaus would go by text of another kind.
void warn_of_prefixes(const DataConfig& data, Sentences& warnings) {
  const auto shown = [](const std::string& prefix) { return prefix.empty() ? "none" : concat("\"", prefix, "\""); };
  const auto warn = [&](const char* side, auto train_prefix, auto set_prefix) {
    for (const auto& set : data.validation) {
      const auto is_its = [&](const auto& corpus) { return corpus.*train_prefix == set.*set_prefix; };
      if (set.fraction > 0 || std::ranges::any_of(data.train, is_its)) continue;
      warnings.push_back(concat("[data.validation] the ", side, " lines of ", set.name, " begin with the prefix ",
                                shown(set.*set_prefix), ", those of training with another (",
                                shown(data.train.front().*train_prefix),
                                "), so it measures what was not trained; correct its ", side, "_prefix"));
    }
  };
  warn("source", &CorpusConfig::source_prefix, &ValidationConfig::source_prefix);
  warn("target", &CorpusConfig::target_prefix, &ValidationConfig::target_prefix);
}

void look_for(const std::string& key, const std::string& file, Sentences& missing) {
  std::error_code ignored;
  if (!file.empty() && !std::filesystem::exists(file, ignored))
    missing.push_back(concat("[", key, "] ", file, " is not there; paths are relative to where attend is run"));
}

template <class Sections>
void look_for_texts(const std::string& key, const Sections& sections, Sentences& missing) {
  for (const auto& section : sections) {
    look_for(key + ".source", section.source, missing);
    look_for(key + ".target", section.target, missing);
    look_for(key + ".tsv", section.tsv, missing);
    look_for(key + ".text", section.text, missing);
    if (section.tokens) look_for(key + ".tokens.file", section.tokens->file, missing);
  }
}

void look_for_tokenizer(const std::string& key, const TokenizerConfig& tokenizer, Sentences& missing) {
  look_for(key + ".model", tokenizer.model, missing);
  look_for(key + ".vocab", tokenizer.vocab, missing);
  look_for(key + ".merges", tokenizer.merges, missing);
}

}  // namespace

Sentences config_warnings(const Config& config) {
  Sentences warnings;
  warn_of_schedule(config.training, warnings);
  warn_of_averages(config.training, warnings);
  warn_of_guard(config.training.guard, warnings);
  warn_of_prefixes(config.data, warnings);
  return warnings;
}

Sentences missing_files(const Config& config) {
  Sentences missing;
  look_for_texts("data.train", config.data.train, missing);
  look_for_texts("data.validation", config.data.validation, missing);
  for (const auto& corpus : config.data.train)
    if (corpus.pair_weights != "column") look_for("data.train.pair_weights", corpus.pair_weights, missing);
  const auto& tokenizers = config.data.tokenizer;
  look_for_tokenizer(tokenizers.two ? "data.tokenizer.source" : "data.tokenizer", tokenizers.source, missing);
  if (tokenizers.two) look_for_tokenizer("data.tokenizer.target", tokenizers.target, missing);
  look_for("training.initialize_from", config.training.initialize_from, missing);
  return missing;
}

}  // namespace attend
