// attend model average MODEL MODEL ... --output DIR: one model whose parameters are the mean of those given.
#include <CLI/CLI.hpp>
#include <memory>

#include "attend/checkpoint/average.h"
#include "attend/checkpoint/model_directory.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/run_directory.h"

namespace attend {
namespace {

struct AverageOptions {
  std::vector<std::string> models;
  std::string output;
};

void require_same_tokenizers(const LoadedModel& first, const LoadedModel& other) {
  const auto same = [](const auto& a, const auto& b) { return a && b ? a->serialized() == b->serialized() : a == b; };
  if (!same(first.tokenizers.source, other.tokenizers.source) || !same(first.tokenizers.target, other.tokenizers.target))
    throw ModelError("[", other.path.string(), "] expected the tokenizer of ", first.path.string(), ", got another; only models of one "
                     "training have a mean");
}

void average(const AverageOptions& options) {
  if (options.models.size() < 2) throw UsageError("[model average] expected at least two models, got ", options.models.size());
  std::error_code ignored;
  if (fs::exists(options.output, ignored) && !fs::is_empty(options.output, ignored))
    throw UsageError("[--output] expected a new directory, got ", options.output, ", which has content; choose another");
  RuntimeConfig machine;
  machine.device = "cpu";
  machine.precision = Precision::fp32;
  const Runtime runtime = start_runtime(machine);
  const LoadedModel first = load_model(options.models.front(), runtime);
  ParameterMean mean;
  for (const auto& path : options.models) {
    const LoadedModel model = load_model(path, runtime);
    require_same_tokenizers(first, model);
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
  verb->add_option("--output", options->output, "the new model directory")->required()->type_name("DIR");
  verb->callback([options] { average(*options); });
}

}  // namespace attend
