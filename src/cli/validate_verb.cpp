// attend validate CONFIG.yaml [--model MODEL] [--batches N] [--format text|json]: the validation of train, on any
// model.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/config/load.h"
#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/tasks/build.h"
#include "attend/training/progress_line.h"

namespace attend {
namespace {

struct ValidateOptions {
  std::vector<std::string> configs, settings;
  std::string model, format = "text";
  std::optional<std::int64_t> batches;
  RuntimeOptions runtime;
};

// The data, metrics and decoding section of the config; the model, and how it reads text, as they are stored.
Config config_of(const ValidateOptions& options) {
  auto settings = options.settings;
  for (const auto& setting : options.runtime.settings()) settings.push_back(setting);
  if (options.batches) settings.push_back(concat("training.validate_batches=", *options.batches));
  return load_config({options.configs.begin(), options.configs.end()}, settings).config;
}

std::string as_text(const std::vector<Metrics>& all) {
  std::string text;
  for (const auto& metrics : all) text += validation_line(metrics) + "\n";
  return visible_text(text);
}

std::string as_json(const std::vector<Metrics>& all) {
  Json json = Json::object();
  for (const auto& metrics : all) json[metrics.set] = metrics.values;
  return json.dump(2) + "\n";
}

void validate(const ValidateOptions& options) {
  Config config = config_of(options);
  if (config.data.validation.empty())
    throw ConfigError(
        "[data.validation] expected a set to validate on, got none; name one, or --set data.validation.fraction=0.05");
  const auto path = fs::path(options.model.empty() ? config.output : options.model);
  const Runtime runtime = start_runtime(config.runtime);
  const LoadedModel loaded = load_model(path, runtime);
  log_info("validating ", loaded.path.string());
  config.model = loaded.config.model;
  if (!config.data.batch.size) config.data.batch.size = loaded.config.data.batch.size;  // what `auto` was found to be
  const auto all = validate_once(config, loaded.tokenizers, *loaded.model, runtime.device);
  ResultWriter out("-");
  out.write(options.format == "json" ? as_json(all) : as_text(all));
  out.close();
}

}  // namespace

void add_validate_verb(CLI::App& app) {
  const auto options = std::make_shared<ValidateOptions>();
  CLI::App* verb = app.add_subcommand("validate", "the validation of train, on any model");
  verb->add_option("config", options->configs, "YAML files; later ones win")->required();
  verb->add_option("--model", options->model,
                   "a model, checkpoint or run directory; default: the run of the config, of which its final/, else "
                   "its best checkpoint")
      ->type_name("DIR");
  verb->add_option("--batches", options->batches, "batches of each set, the same ones each time; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}))
      ->type_name("N");
  verb->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json");
  add_set_option(*verb, options->settings);
  add_runtime_options(*verb, options->runtime);
  verb->callback([options] { validate(*options); });
}

}  // namespace attend
