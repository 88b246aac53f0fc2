#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/config/print.h"
#include "attend/config/reference.h"
#include "attend/config/warnings.h"
#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {

namespace {

struct ConfigOptions {
  std::vector<std::string> files, settings;
  RuntimeOptions runtime;

  LoadedConfig load() const {
    std::vector<std::string> all = settings;
    for (const auto& entry : runtime.settings()) all.push_back(entry);
    return load_config({files.begin(), files.end()}, all);
  }
};

// `lr` is the peak itself; for noam it multiplies d_model^-0.5 * warmup_steps^-0.5. Without warm-up update 1
// has it.
double peak_learning_rate(const Config& config) {
  const double lr = config.training.optimizer.lr;
  if (config.training.schedule.type() != ScheduleType::noam) return lr;
  return lr / std::sqrt(static_cast<double>(config.model.d_model) *
                        static_cast<double>(config.training.schedule.warmup_steps));
}

void check(const ConfigOptions& options) {
  const Config config = options.load().config;
  const std::int64_t step = std::max<std::int64_t>(config.training.schedule.warmup_steps, 1);
  for (const auto& warning : missing_files(config)) log_warning(warning);
  for (const auto& warning : config_warnings(config)) log_warning(warning);
  std::cout << "ok\npeak learning rate " << format_double(peak_learning_rate(config)) << " at update " << step << '\n';
  if (config.data.validation.empty())
    std::cout << "no data.validation: nothing is measured, and final/ is the last checkpoint or an average\n";
}

void add_loading(CLI::App& verb, const std::shared_ptr<ConfigOptions>& options) {
  verb.add_option("CONFIG", options->files, "YAML files; later ones win")->required()->type_name("FILE");
  add_set_option(verb, options->settings);
  add_runtime_options(verb, options->runtime);
}

}  // namespace

void add_config_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("config", "check, print and document configs");
  verb->require_subcommand(1);
  const auto options = std::make_shared<ConfigOptions>();
  CLI::App* checked =
      verb->add_subcommand("check", "every fault of a config, or ok and the peak learning rate");
  add_loading(*checked, options);
  checked->callback([options] { check(*options); });
  CLI::App* printed = verb->add_subcommand("print", "the resolved config, with the origin of each value");
  add_loading(*printed, options);
  printed->callback([options] { std::cout << print_config(options->load()); });
  verb->add_subcommand("reference", "every key, as Markdown")->callback([] {
    std::cout << config_reference();
  });
  verb->add_subcommand("schema", "JSON Schema for editors")->callback([] { std::cout << config_schema(); });
}

}  // namespace attend
