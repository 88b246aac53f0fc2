// attend translate: lines of text through a model or several, in windows, in their order.
#include <CLI/CLI.hpp>
#include <memory>

#include "attend/cli/verbs.h"
#include "attend/core/log.h"
#include "attend/text/text_fit.h"
#include "translate_options.h"
#include "translate_progress.h"
#include "translate_windows.h"

namespace attend {
namespace {

// A tag that the model does not know, often a misspelt one, chooses nothing.
void warn_of_unknown_tag(const char* option, const std::string& tag, const Tokenizer& tokenizer) {
  if (is_unknown(tokenizer, tokenizer.encode(tag)))
    log_warning("[", option, "] \"", tag, "\" is unknown to the model, so it chooses nothing; look at its spelling");
}

// What was asked for, or what the model's training says of every target line; a file of prefixes says it itself.
std::string target_tag_for(const TranslateOptions& options, const Config& config) {
  if (options.target_tag) return *options.target_tag;
  const std::string tag = options.target_prefix ? "" : target_tag_of(config);
  if (!tag.empty())
    log_info("every translation begins with \"", tag,
             "\", as all target text of training does, and it is taken off again; ",
             "--target-tag \"\" leaves it to the model");
  return tag;
}

void run_translate(const TranslateOptions& options) {
  options.check();
  const FormatOptions format = options.format_options();
  Windows windows(options);
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine, options.workers);
  Ensemble ensemble = load_ensemble(options.models.paths, options.models.weights, runtime);
  options.settings.apply(ensemble.models.front().config);

  std::vector<std::unique_ptr<Scorer>> scorers;
  std::vector<Scorer*> workers;
  for (std::int64_t i = 0; i < options.workers; ++i)
    workers.push_back(scorers.emplace_back(ensemble.make_scorer()).get());
  const Tokenizers& tokenizers = ensemble.tokenizers();
  const TranslatorOptions settings = options.translator_options(ensemble);
  const Translator translator(workers, tokenizers.source, tokenizers.target, settings);
  const std::string target_tag = target_tag_for(options, ensemble.config());
  warn_of_unknown_tag("--source-tag", options.source_tag, *ensemble.tokenizers().source);
  warn_of_unknown_tag("--target-tag", target_tag, *ensemble.tokenizers().target);
  ResultWriter writer(options.output);
  TranslateProgress progress(options.input, options.output);
  TranslateNotes notes(ensemble.config(), settings);
  while (windows.next()) {
    const SourceLines text = windows.text(target_tag);
    const auto results = translator.translate(text);
    writer.write(windows.format(results, format));
    progress.add(windows.count(), text.text, results);
    notes.add(text, results);
  }
  writer.close();
  progress.finish();
  notes.tell();
}

}  // namespace

void add_translate_verb(CLI::App& app) {
  const auto options = std::make_shared<TranslateOptions>();
  CLI::App* verb = app.add_subcommand("translate", "text through a trained model or an ensemble, a line a sentence");
  add_translate_options(*verb, *options);
  verb->callback([options] { run_translate(*options); });
}

}  // namespace attend
