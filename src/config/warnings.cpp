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
  const bool decays = schedule.type == ScheduleType::cosine || schedule.type == ScheduleType::linear;
  if (decays && schedule.decay_steps == 0 && others)
    warnings.push_back(
        concat("[training.schedule] ", name_of(schedule.type), " reaches min_lr at max_steps, update ",
               format_count(training.max_steps), "; where ", training.max_epochs > 0 ? "max_epochs" : "max_minutes",
               " ends the training before, the rate never gets there; set decay_steps to the update that ends it"));
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

// Best checkpoints, early stopping and plateaus would go by text of another kind.
void warn_of_prefixes(const DataConfig& data, Sentences& warnings) {
  const auto warn = [&](const char* side, auto train_prefix, auto set_prefix) {
    if (!std::ranges::all_of(data.train, [&](const auto& corpus) { return !(corpus.*train_prefix).empty(); })) return;
    for (const auto& set : data.validation)
      if (set.fraction == 0.0 && (set.*set_prefix).empty())
        warnings.push_back(concat("[data.validation] every ", side, " line of training begins with a prefix such as \"",
                                  data.train.front().*train_prefix, "\", those of ", set.name,
                                  " with none, so it measures what was not trained; set its ", side, "_prefix"));
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
  warn_of_prefixes(config.data, warnings);
  return warnings;
}

Sentences missing_files(const Config& config) {
  Sentences missing;
  look_for_texts("data.train", config.data.train, missing);
  look_for_texts("data.validation", config.data.validation, missing);
  const auto& tokenizers = config.data.tokenizer;
  look_for_tokenizer(tokenizers.two ? "data.tokenizer.source" : "data.tokenizer", tokenizers.source, missing);
  if (tokenizers.two) look_for_tokenizer("data.tokenizer.target", tokenizers.target, missing);
  look_for("training.initialize_from", config.training.initialize_from, missing);
  return missing;
}

}  // namespace attend
