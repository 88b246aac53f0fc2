// attend train CONFIG.yaml [CONFIG2.yaml ...] [--set k=v] [--fresh] [--dry-run]
#include <CLI/CLI.hpp>
#include <optional>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/checkpoint/initialize_from.h"
#include "attend/config/load.h"
#include "attend/config/print.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/models/build.h"
#include "attend/optim/groups.h"
#include "attend/tasks/build.h"
#include "attend/training/fit_batch.h"
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
    if (change.resume == Resume::warned || change.resume == Resume::incomparable) log_warning("changed since this run began: ", text);
  }
  if (!refused.empty())
    throw ConfigError("[train] a resumed run cannot change these keys:", refused, "\nPut the old values back, or start over with --fresh");
}

// What a training begins with.
struct Beginning {
  Config config;
  Tokenizers tokenizers;
  std::optional<LoadedModel> initial;  // training.initialize_from
};

// In a run that is there, its tokenizers, so that a resumed run never trains others.
Beginning resumed(const fs::path& checkpoint, const LoadedConfig& loaded) {
  const auto stored = read_model_config(checkpoint);
  const bool tuning = !loaded.config.training.initialize_from.empty() && takes_tokenizers_of(stored, loaded);
  Beginning beginning{tuning ? with_tokenizers_of(stored, loaded) : loaded.config, load_tokenizers(checkpoint, stored), std::nullopt};
  auto& size = beginning.config.data.batch.size;
  if (!size) size = stored.data.batch.size;  // found for `auto` when the run began
  check_changes(stored, beginning.config);
  return beginning;
}

Beginning begun(const LoadedConfig& loaded) {
  require_texts(loaded.config.data);
  const auto& path = loaded.config.training.initialize_from;
  if (path.empty()) return {loaded.config, make_tokenizers(loaded.config), std::nullopt};
  auto initial = load_model(path, Runtime{});
  if (takes_tokenizers_of(initial.config, loaded))
    return {with_tokenizers_of(initial.config, loaded), initial.tokenizers, std::move(initial)};
  return {loaded.config, make_tokenizers(loaded.config), std::move(initial)};
}

Beginning begin(const std::optional<fs::path>& checkpoint, const LoadedConfig& loaded) {
  return checkpoint ? resumed(*checkpoint, loaded) : begun(loaded);
}

// What a training needs besides its directory.
struct Prepared {
  Config config;
  Tokenizers tokenizers;
  std::unique_ptr<Task> task;
  std::shared_ptr<Model> model;
};

// checkpoint: what is resumed; cache: where encoded text is kept. Fills in data.batch.size where it is auto.
Prepared prepare(const LoadedConfig& loaded, const Runtime& runtime, const std::optional<fs::path>& checkpoint, const fs::path& cache) {
  auto [config, tokenizers, initial] = begin(checkpoint, loaded);
  const auto change = checkpoint ? TextChange::refused : TextChange::encoded_again;
  Prepared run{config, tokenizers, nullptr, build_model(config, vocabularies_of(config, tokenizers))};
  check_groups(config.training.optimizer, run.model->named_parameters().keys());
  if (initial) initialize_from(*run.model, config, tokenizers, *initial);
  initial.reset();
  run.model->to(runtime.device);
  auto& size = run.config.data.batch.size;
  if (!size) size = fit_batch_size(config, *run.model, runtime);
  run.task = build_task(run.config, tokenizers, runtime.device, {cache, change});
  return run;
}

void report(const Prepared& run, const Runtime& runtime) {
  log_info("device ", runtime.device, ", ", runtime.threads, " threads, precision ",
           runtime.compute == at::kBFloat16 ? "bf16" : "fp32", " (", runtime.reason, ")");
  const auto& vocabularies = run.model->vocabularies();
  const std::string source = vocabularies.source > 0 && !run.tokenizers.shared() ? concat(format_count(vocabularies.source), " and ") : "";
  log_info(format_count(run.model->parameter_count()), " parameters, vocabulary ", source, format_count(vocabularies.target));
}

// Holds no directory: it looks at the newest checkpoint and changes nothing, also beside a training.
void train_dry(const LoadedConfig& loaded, const Runtime& runtime, bool resumes) {
  const AtomicDirectory scratch(fs::temp_directory_path() / "attend-dry-run");  // never committed, so it goes again
  const auto checkpoint = resumes ? newest_checkpoint(loaded.config.output) : std::nullopt;
  report(prepare(loaded, runtime, checkpoint, scratch.path()), runtime);
}

// Faults of the config and of the data show before a run begins, and leave no directory.
void train(const TrainOptions& options) {
  auto settings = options.settings;
  for (const auto& setting : options.runtime.settings()) settings.push_back(setting);
  const auto loaded = load_config({options.configs.begin(), options.configs.end()}, settings);
  const auto& output = loaded.config.output;
  const bool resumes = holds_run(output) && !options.fresh;
  const auto runtime = start_runtime(loaded.config.runtime);
  if (options.dry_run) return train_dry(loaded, runtime, resumes);
  RunDirectory directory(output, options.fresh ? RunDirectory::Start::fresh : RunDirectory::Start::resume);
  Prepared run;
  try {
    open_log_file(directory.path() / "log.txt");
    const auto newest = directory.newest_valid();
    run = prepare(loaded, runtime, newest ? std::optional(directory.checkpoint_path(*newest)) : std::nullopt, directory.data_path());
  } catch (...) {
    close_log_file();
    directory.discard();
    throw;
  }
  write_file_atomically(directory.path() / "config.yaml", print_config(run.config));
  report(run, runtime);

  SingleProcess collective;
  Trainer trainer({run.config, *run.task, *run.model, run.tokenizers, directory, collective, runtime});
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
