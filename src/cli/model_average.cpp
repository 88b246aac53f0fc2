// attend model average MODEL MODEL ... --output DIR, or RUN --last N --output DIR: one model whose parameters are the
// mean of those given.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <set>

#include "attend/checkpoint/average.h"
#include "attend/checkpoint/model_directory.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/run_directory.h"
#include "attend/training/state.h"

namespace attend {
namespace {

struct AverageOptions {
  std::vector<std::string> models;
  std::string output;
  std::optional<std::int64_t> last;
};

// The newest checkpoints of a run that stand on the save_every grid, as average_checkpoints takes them; the newest
// first.
std::vector<std::string> last_checkpoints(const AverageOptions& options) {
  if (options.models.size() != 1) throw UsageError("[--last] expected one run, got ", options.models.size(), " models");
  const auto wanted = static_cast<std::size_t>(*options.last);
  std::vector<std::string> paths;
  auto all = whole_checkpoints(options.models.front());
  if (all.empty()) resolve_best_checkpoint(options.models.front());  // says what stands there in place of a run
  for (auto path = all.rbegin(); path != all.rend() && paths.size() < wanted; ++path)
    if (is_on_grid(*path)) paths.push_back(path->string());
  if (paths.size() < wanted)
    throw ModelError("[", options.models.front(), "] expected a run with ", wanted,
                     " checkpoints of the save_every grid, got ", paths.size(),
                     "; training.keep_checkpoints says how many a run keeps");
  return paths;
}

void require_same_tokenizers(const LoadedModel& first, const LoadedModel& other) {
  const auto same = [](const auto& a, const auto& b) { return a && b ? a->serialized() == b->serialized() : a == b; };
  if (!same(first.tokenizers.source, other.tokenizers.source) ||
      !same(first.tokenizers.target, other.tokenizers.target))
    throw ModelError("[", other.path.string(), "] expected the tokenizer of ", first.path.string(),
                     ", got another; only models of one "
                     "training have a mean");
}

// A mean of weights that began apart is noise. Those that began with one model are near each other.
void warn_of_others(const LoadedModel& first, const LoadedModel& other) {
  const auto &a = first.config, &b = other.config;
  const bool alike = !a.training.initialize_from.empty() && a.training.initialize_from == b.training.initialize_from;
  if (alike || (a.seed == b.seed && a.output == b.output)) return;
  log_warning("[", other.path.string(), "] is of another training than ", first.path.string(), " (seed ", a.seed,
              " and ", b.seed, ", output ", a.output, " and ", b.output,
              "); the mean of two trainings means something only where both began with the same weights");
}

void average(const AverageOptions& options) {
  const auto models = options.last ? last_checkpoints(options) : options.models;
  if (models.size() < 2)
    throw UsageError("[model average] expected at least two models, or a run with --last N, got ", models.size(),
                     " model");
  std::error_code fault;
  const auto status = status_of_link(options.output);
  if (status.exists() && !(status.is_directory() && names_in(options.output, fault).empty() && !fault))
    throw UsageError("[--output] expected a new directory, got ", options.output, ", ",
                     status.is_directory() ? "which has content" : status.what(), "; choose another");
  RuntimeConfig machine;
  machine.device = "cpu";
  machine.precision = Precision::fp32;
  const Runtime runtime = start_runtime(machine);
  const LoadedModel first = load_model(models.front(), runtime);
  ParameterMean mean;
  std::set<fs::path> seen;
  for (const auto& path : models) {
    const LoadedModel model = load_model(path, runtime);
    require_same_tokenizers(first, model);
    warn_of_others(first, model);
    if (!seen.insert(fs::weakly_canonical(model.path, fault)).second)
      log_warning("[", model.path.string(), "] is given twice and counts twice");
    mean.add(parameters_of(*model.model), model.path.string());
    log_info(model.path.string());
  }
  const auto parameters = mean.mean();
  AtomicDirectory directory(options.output, bytes_of(parameters));
  write_model(directory, first.config, parameters, first.tokenizers);
  directory.commit();
  log_info("the mean of ", mean.count(), " models: ", options.output);
}

}  // namespace

void add_model_average(CLI::App& model_verb) {
  const auto options = std::make_shared<AverageOptions>();
  CLI::App* verb = model_verb.add_subcommand("average", "one model whose parameters are the mean of several models'");
  verb->add_option("MODEL", options->models, "model, checkpoint or run directories")->required()->type_name("DIR");
  verb->add_option("--last", options->last, "the newest N checkpoints of one run, of those on its save_every grid")
      ->check(CLI::Range(std::int64_t{2}, std::int64_t{10'000}))
      ->type_name("N");
  verb->add_option("--output", options->output, "the new model directory")->required()->type_name("DIR");
  verb->callback([options] { average(*options); });
}

}  // namespace attend
