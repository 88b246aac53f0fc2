// attend train CONFIG.yaml [CONFIG2.yaml ...] [--set k=v] [--fresh] [--dry-run] [--continue-with-new-data]
#include <CLI/CLI.hpp>
#include <cmath>
#include <optional>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/checkpoint/initialize_from.h"
#include "attend/config/load.h"
#include "attend/config/print.h"
#include "attend/config/warnings.h"
#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/core/temporary_directory.h"
#include "attend/core/text.h"
#include "attend/decoding/banned.h"
#include "attend/models/build.h"
#include "attend/optim/groups.h"
#include "attend/optim/schedule.h"
#include "attend/storage/manifest.h"
#include "attend/tasks/build.h"
#include "attend/training/fit_batch.h"
#include "attend/training/signals.h"
#include "attend/training/trainer.h"

namespace attend {
namespace {

struct TrainOptions {
  std::vector<std::string> configs;
  bool fresh = false, dry_run = false, new_data = false;
  std::vector<std::string> settings;
  RuntimeOptions runtime;
};

// The config of a run that is there, against the one asked for: free changes pass, others are named with both values.
class ConfigChanges {
 public:
  ConfigChanges(const Config& before, const Config& after, bool new_data_is_taken)
      : new_data_is_taken_(new_data_is_taken) {
    const auto corpora = before.data.train.size(), now = after.data.train.size();
    if (corpora != now) take({"data.train", concat(corpora, " corpora"), concat(now), Resume::new_data});
    const auto share = held_out_share(before.data), kept = held_out_share(after.data);
    if (share != kept) take({"data.validation.fraction", format_double(share), format_double(kept), Resume::new_data});
    // A run that read ids alone may be told what they spell: that changes no weight.
    const bool learns_text = !has_tokenizer(before) && has_tokenizer(after);
    for (const auto& change : compare_configs(before, after)) {
      const auto below = [&](std::string_view section) { return change.path.starts_with(section); };
      const bool told = below("data.validation") || (below("data.train") && corpora != now) ||
                        (below("data.tokenizer") && learns_text);
      if (!told) take(change);
    }
  }

  void check() const {
    if (refused_.empty()) return;
    throw ConfigError("[train] a resumed run cannot change these keys:", refused_, "\nPut the old values back, ",
                      only_data_ ? "take other data with --continue-with-new-data, " : "",
                      "or start over with --fresh");
  }

 private:
  void take(const ConfigChange& change) {
    const auto text = concat(change.path, ": ", change.before, " -> ", change.after);
    const bool refused = change.resume == Resume::refused || (change.resume == Resume::new_data && !new_data_is_taken_);
    if (refused) refused_ += "\n  " + text;
    else if (change.resume != Resume::free) log_warning("changed since this run began: ", text);
    only_data_ = only_data_ && change.resume != Resume::refused;
  }

  bool new_data_is_taken_, only_data_ = true;
  std::string refused_;
};

// Where the curve of the learning rate goes on otherwise, for which a new max_steps is enough.
void tell_rate(const Config& before, const Config& after, std::int64_t step) {
  const auto was = schedule_of(before), is = schedule_of(after);
  const double planned = was.at(step + 1), now = is.at(step + 1);
  if (std::abs(planned - now) <= 0.01 * std::max(planned, now)) return;
  const auto &old_curve = before.training.schedule, &curve = after.training.schedule;
  const std::string ends =
      was.end() == is.end() || !curve.decays() || old_curve.type() != curve.type()
          ? ""
          : concat(", because it is made for ", format_count(is.end()), " updates instead of ", format_count(was.end()),
                   "; training.schedule.decay_steps=", was.end(), " keeps the old end");
  log_warning("the learning rate of update ", format_count(step + 1), " is ", now, ", and was to be ", planned, ends);
}

// What a training begins with.
struct Beginning {
  Config config;
  Tokenizers tokenizers;
  std::optional<LoadedModel> initial;  // training.initialize_from
};

std::string file_of(const TokenizerConfig& config) { return config.model.empty() ? config.vocab : config.model; }

// A run has its tokenizer already, so a config need not name the file again.
void keep_tokenizer_files(const Config& stored, Config& config) {
  auto& own = config.data.tokenizer;
  for (const auto& [before, now] :
       {std::pair{&stored.data.tokenizer.source, &own.source}, {&stored.data.tokenizer.target, &own.target}}) {
    if (!now->is_trained() || before->is_trained()) continue;
    const TokenizerConfig asked = *now;
    *now = *before;
    now->sampling = asked.sampling;
    now->add_symbols = asked.add_symbols;
    if (has_tokenizer(config) && now == &own.source)
      log_info("the tokenizer is the run's own, which came from ", file_of(*before), "; none is trained");
  }
  resolve(config);
}

// The run's own may have come from a file that is gone; one that is there, or that the config names anew, must be the
// same.
bool can_be_compared(const TokenizerConfig& before, const TokenizerConfig& now) {
  std::error_code ignored;
  return !now.is_trained() && now.add_symbols.empty() &&
         (file_of(now) != file_of(before) || fs::exists(file_of(now), ignored));
}

// The tokenizers of a run that is there, so that a resumed run never trains others; where it has none, those that it is
// given.
// `named`: as the config says, without what the run adds.
Tokenizers tokenizers_of(const fs::path& checkpoint, const Config& stored, const Config& named) {
  const auto &was = stored.data.tokenizer, &is = named.data.tokenizer;
  if (!has_tokenizer(stored) && has_tokenizer(named)) {
    log_info("this run read ids alone; they are the pieces of ", file_of(is.source),
             " from now on, which new checkpoints and final/ hold");
    return make_tokenizers(named);
  }
  auto own = load_tokenizers(checkpoint, stored);
  if (!own.source || !can_be_compared(was.source, is.source) || !can_be_compared(was.target, is.target)) return own;
  const auto others = make_tokenizers(named);
  if (others.source->serialized() != own.source->serialized() ||
      others.target->serialized() != own.target->serialized())
    throw ConfigError("[data.tokenizer] expected the tokenizer of this run, got another in ", file_of(is.source),
                      "; leave the key out, and the run's own is taken");
  return own;
}

Beginning resumed(const fs::path& checkpoint, const LoadedConfig& loaded, bool new_data_is_taken) {
  const auto stored = read_model_config(checkpoint);
  const bool tuning = !loaded.config.training.initialize_from.empty() && takes_tokenizers_of(stored, loaded);
  Beginning beginning{tuning ? with_tokenizers_of(stored, loaded) : loaded.config, {}, std::nullopt};
  auto& size = beginning.config.data.batch.size;
  if (!size) size = stored.data.batch.size;  // found for `auto` when the run began
  keep_tokenizer_files(stored, beginning.config);
  ConfigChanges(stored, beginning.config, new_data_is_taken).check();
  beginning.tokenizers = tokenizers_of(checkpoint, stored, loaded.config);
  if (const auto step = checkpoint_step(checkpoint.filename().string())) tell_rate(stored, beginning.config, *step);
  return beginning;
}

Beginning begun(const LoadedConfig& loaded) {
  require_texts(loaded.config.data);
  const auto& path = loaded.config.training.initialize_from;
  if (path.empty()) return {loaded.config, make_tokenizers(loaded.config), std::nullopt};
  auto initial = load_model(path, Runtime{});
  if (takes_tokenizers_of(initial.config, loaded)) {
    const auto config = with_tokenizers_of(initial.config, loaded);
    return {config, with_added_symbols(initial.tokenizers, config.data.tokenizer), std::move(initial)};
  }
  for (const auto* side : {&loaded.config.data.tokenizer.source, &loaded.config.data.tokenizer.target})
    if (!side->add_symbols.empty())
      throw ConfigError("[data.tokenizer.add_symbols] expected the tokenizer of ", path,
                        ", to which they are added, got keys of data.tokenizer "
                        "that choose another; leave these out");
  return {loaded.config, make_tokenizers(loaded.config), std::move(initial)};
}

// What a training needs besides its directory.
struct Prepared {
  Config config;
  Tokenizers tokenizers;
  std::unique_ptr<Task> task;
  std::shared_ptr<Model> model;
  std::shared_ptr<DataRecord> data;
};

// Where a training begins: what is resumed, and whether on other data.
struct Start {
  std::optional<fs::path> checkpoint;
  bool new_data = false;
};

// What the checkpoint was trained on.
std::shared_ptr<DataRecord> record_of(const Start& start) {
  auto record = std::make_shared<DataRecord>();
  record->may_change = start.new_data || !start.checkpoint;
  if (!start.checkpoint) return record;
  const auto state = read_json(listed_file(*start.checkpoint, "state.json"));
  const auto data = state.find("data");
  if (data == state.end()) return record;
  if (!data->is_object())
    throw ModelError("[", start.checkpoint->string(), "/state.json] expected a record of the data, got ",
                     data->type_name());
  record->before = *data;
  return record;
}

// Pieces that the config names for searches are pieces of the vocabulary: a fault shows now, not at the first search.
void check_pieces(const Config& config, const Tokenizers& tokenizers) {
  if (!tokenizers.target) return;
  if (config.task == TaskType::translation) {
    banned_ids(config.decoding.ban, *tokenizers.target, "decoding.ban");
    return;
  }
  banned_ids(config.generation.ban, *tokenizers.target, "generation.ban");
  for (const auto& [piece, bias] : config.generation.logit_bias)
    if (!find_piece(*tokenizers.target, piece))
      throw ConfigError("[generation.logit_bias] expected a piece of the vocabulary, got \"", piece, "\"");
}

// cache: where encoded text is kept. Fills in data.batch.size where it is auto.
Prepared prepare(const LoadedConfig& loaded, const Runtime& runtime, const Start& start, const fs::path& cache) {
  auto [config, tokenizers, initial] =
      start.checkpoint ? resumed(*start.checkpoint, loaded, start.new_data) : begun(loaded);
  Prepared run{config, tokenizers, nullptr, build_model(config, vocabularies_of(config, tokenizers)), record_of(start)};
  check_groups(config.training.optimizer, run.model->named_parameters().keys());
  check_pieces(config, tokenizers);
  if (initial) initialize_from(*run.model, config, tokenizers, *initial);
  initial.reset();
  run.model->to(runtime.device);
  auto& size = run.config.data.batch.size;
  if (!size) size = fit_batch_size(config, *run.model, runtime);
  run.task = build_task(run.config, tokenizers, runtime.device, {cache, run.data});
  return run;
}

void report(const Prepared& run, const Runtime& runtime) {
  log_info("device ", runtime.device, ", ", runtime.threads, " threads, precision ",
           runtime.compute == at::kBFloat16 ? "bf16" : "fp32", " (", runtime.reason, ")");
  if (run.config.data.validation.empty())
    log_info(
        "no validation set: nothing is measured, and final/ is the last checkpoint, or the average that was asked for");
  const auto& vocabularies = run.model->vocabularies();
  const std::string source =
      vocabularies.source > 0 && !run.tokenizers.shared() ? concat(format_count(vocabularies.source), " and ") : "";
  log_info(format_count(run.model->parameter_count()), " parameters, vocabulary ", source,
           format_count(vocabularies.target));
}

// Holds no directory: it looks at the newest checkpoint and changes nothing, also beside a training.
void train_dry(const LoadedConfig& loaded, const Runtime& runtime, const Start& start) {
  const SignalGuard signals;
  const TemporaryDirectory scratch("dry-run");
  report(prepare(loaded, runtime, start, scratch.path()), runtime);
}

// Faults of the config and of the data show before a run begins, and leave no directory.
void train(const TrainOptions& options) {
  auto settings = options.settings;
  for (const auto& setting : options.runtime.settings()) settings.push_back(setting);
  const auto loaded = load_config({options.configs.begin(), options.configs.end()}, settings);
  const auto& output = loaded.config.output;
  const bool resumes = holds_run(output) && !options.fresh;
  for (const auto& warning : config_warnings(loaded.config)) log_warning(warning);
  const auto runtime = start_runtime(loaded.config.runtime);
  if (options.dry_run)
    return train_dry(loaded, runtime, {resumes ? newest_checkpoint(output) : std::nullopt, options.new_data});
  const SignalGuard signals;
  RunDirectory directory(output, options.fresh ? RunDirectory::Start::fresh : RunDirectory::Start::resume);
  Prepared run;
  try {
    open_log_file(directory.path() / "log.txt");
    const auto newest = directory.newest_valid();
    const auto checkpoint = newest ? std::optional(directory.checkpoint_path(*newest)) : std::nullopt;
    run = prepare(loaded, runtime, {checkpoint, options.new_data}, directory.data_path());
    write_file_atomically(directory.path() / "config.yaml", print_config(run.config));
  } catch (...) {
    close_log_file();
    directory.discard();
    throw;
  }
  report(run, runtime);

  Trainer trainer({run.config, *run.task, *run.model, run.tokenizers, directory, runtime, run.data->now});
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
  verb->add_flag(
      "--continue-with-new-data", options->new_data,
      "go on with data.train and data.validation as they are now; weights, optimizer, update and schedule stay");
  add_set_option(*verb, options->settings);
  add_runtime_options(*verb, options->runtime);
  verb->callback([options] { train(*options); });
}

}  // namespace attend
