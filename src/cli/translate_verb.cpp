// attend translate: lines of text through a model or several, in windows, in their order.
#include <CLI/CLI.hpp>
#include <memory>

#include "attend/cli/verbs.h"
#include "attend/core/log.h"
#include "attend/text/line_reader.h"

#include "translate_options.h"
#include "translate_progress.h"

namespace attend {
namespace {

// The input, and beside it the prefixes where there are any.
class Windows {
 public:
  explicit Windows(const TranslateOptions& options) : options_(options), text_(options.input) {
    if (options.target_prefix) prefix_.emplace(*options.target_prefix);
  }
  // False at the end. DataError where one of the two files ends before the other.
  bool next() {
    first_ += static_cast<std::int64_t>(lines_.size());
    lines_ = text_.next_window(options_.window);
    prefixes_.clear();
    std::string line;
    while (prefix_ && prefixes_.size() < lines_.size() && prefix_->next(line)) prefixes_.push_back(std::move(line));
    if (prefix_ && (prefixes_.size() < lines_.size() || (lines_.empty() && prefix_->next(line)))) refuse();
    return !lines_.empty();
  }
  SourceLines lines(const std::string& target_tag) {
    tags_.assign(target_tag.empty() ? 0 : lines_.size(), target_tag);
    return {lines_, first_, prefixes_, tags_};
  }

 private:
  [[noreturn]] void refuse() {
    std::string line;
    while (text_.next(line)) {}
    while (prefix_->next(line)) {}
    throw DataError("[", *options_.target_prefix, "] expected as many lines as the input has, ", text_.line_number(), ", got ",
                    prefix_->line_number(), "; line n is the beginning of translation n, and may be blank");
  }

  const TranslateOptions& options_;
  LineReader text_;
  std::optional<LineReader> prefix_;
  std::vector<std::string> lines_, prefixes_, tags_;
  std::int64_t first_ = 1;  // number of the first line
};

// What was asked for, or what the model's training says of every target line; a file of prefixes says it itself.
std::string target_tag_for(const TranslateOptions& options, const Config& config) {
  if (options.target_tag) return *options.target_tag;
  const std::string tag = options.target_prefix ? "" : target_tag_of(config);
  if (!tag.empty())
    log_info("every translation begins with \"", tag, "\", as all target text of training does, and it is taken off again; ",
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
  for (std::int64_t i = 0; i < options.workers; ++i) workers.push_back(scorers.emplace_back(ensemble.make_scorer()).get());
  const Tokenizers& tokenizers = ensemble.tokenizers();
  const TranslatorOptions settings = options.translator_options(ensemble);
  const Translator translator(workers, tokenizers.source, tokenizers.target, settings);
  const std::string target_tag = target_tag_for(options, ensemble.config());
  ResultWriter writer(options.output);
  TranslateProgress progress(options.input, options.output);
  TranslateNotes notes(ensemble.config(), settings);
  while (windows.next()) {
    const SourceLines lines = windows.lines(target_tag);
    const auto results = translator.translate(lines);
    std::string text;
    for (std::size_t i = 0; i < results.size(); ++i)
      text += format_translations(lines.first + static_cast<std::int64_t>(i), results[i], format);
    writer.write(text);
    progress.add(lines.text, results);
    notes.add(lines, results);
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
