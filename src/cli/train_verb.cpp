// attend train CONFIG.yaml [CONFIG2.yaml ...] [--set k=v] [--fresh] [--dry-run]
#include <CLI/CLI.hpp>
#include <optional>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/config/load.h"
#include "attend/config/print.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/tasks/translation.h"
#include "attend/training/trainer.h"

namespace attend {
namespace {

struct TrainOptions {
  std::vector<std::string> configs;
  bool fresh = false, dry_run = false;
  std::vector<std::string> settings;
  RuntimeOptions runtime;
};

// The config of a run that is there, against the one asked for: free changes pass, others are named with both values.
void check_changes(const Config& before, const Config& after) {
  std::string refused;
  for (const auto& change : compare_configs(before, after)) {
    const auto text = concat(change.path, ": ", change.before, " -> ", change.after);
    if (change.resume == Resume::refused) refused += "\n  " + text;
    if (change.resume == Resume::warned) log_warning("changed since this run began: ", text);
  }
  if (!refused.empty())
    throw ConfigError("[train] a resumed run cannot change these keys:", refused, "\nPut the old values back, or start over with --fresh");
}

// A dry run holds no directory: it looks at the newest checkpoint and changes nothing, also beside a training.
std::optional<fs::path> checkpoint_to_resume(std::optional<RunDirectory>& directory, const fs::path& run) {
  if (!directory) return newest_checkpoint(run);
  const auto newest = directory->newest_valid();
  return newest ? std::optional(directory->checkpoint_path(*newest)) : std::nullopt;
}

// Tokenizers of a run that is there, so that a resumed run never trains others.
Tokenizers stored_tokenizers(const std::optional<fs::path>& checkpoint, const Config& config) {
  if (!checkpoint) return make_tokenizers(config.data);
  check_changes(read_model_config(*checkpoint), config);
  return load_tokenizers(*checkpoint);
}

std::int64_t count_parameters(const EncoderDecoder& model) {
  std::int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  return count;
}

// Faults of the config and of the data show before anything is written.
void train(const TrainOptions& options) {
  auto settings = options.settings;
  for (const auto& setting : options.runtime.settings()) settings.push_back(setting);
  const auto config = load_config({options.configs.begin(), options.configs.end()}, settings).config;
  std::optional<RunDirectory> directory;
  const bool resumes = holds_run(config.output) && !options.fresh;
  if (resumes && !options.dry_run) directory.emplace(config.output);
  const auto runtime = start_runtime(config.runtime);
  const auto tokenizers = resumes ? stored_tokenizers(checkpoint_to_resume(directory, config.output), config) : make_tokenizers(config.data);
  TranslationTask task(config, tokenizers, runtime.device);
  auto model = build_encoder_decoder(config, vocabularies_of(tokenizers));
  model->to(runtime.device);

  if (!options.dry_run) {
    if (!directory) directory.emplace(config.output, options.fresh ? RunDirectory::Start::fresh : RunDirectory::Start::resume);
    open_log_file(directory->path() / "log.txt");
    write_file_atomically(directory->path() / "config.yaml", print_config(config));
  }
  log_info("device ", runtime.device, ", ", runtime.threads, " threads, precision ",
           runtime.compute == at::kBFloat16 ? "bf16" : "fp32", " (", runtime.reason, ")");
  log_info(format_count(count_parameters(*model)), " parameters, vocabulary ", format_count(tokenizers.source->size()),
           tokenizers.shared() ? " shared" : concat(" and ", format_count(tokenizers.target->size())));
  if (options.dry_run) return;

  SingleProcess collective;
  Trainer trainer({config, task, *model, tokenizers, *directory, collective, runtime});
  const int signal = trainer.run();
  if (signal == 0) return;
  log_info("stopped by signal ", signal, " after saving; the same command goes on from here");
  throw StoppedBySignal{signal};
}

}  // namespace

void add_train_verb(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  auto* verb = app.add_subcommand("train", "Train a model, or go on with a run that is there");
  verb->add_option("config", options->configs, "YAML files; later ones win")->required();
  verb->add_flag("--fresh", options->fresh, "move a run that is there aside and start over");
  verb->add_flag("--dry-run", options->dry_run, "read everything, build the model, and stop before the first update");
  add_set_option(*verb, options->settings);
  add_runtime_options(*verb, options->runtime);
  verb->callback([options] { train(*options); });
}

}  // namespace attend
