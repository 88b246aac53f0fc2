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

// A file with a line for each line of input, if there is one.
class Beside {
 public:
  Beside(const std::optional<std::string>& file, std::string_view meaning) : meaning_(meaning) {
    if (file) reader_.emplace(*file);
  }
  // As many lines as the input's window has; DataError where either ends before the other.
  void next(const std::vector<std::string>& window, LineReader& input) {
    lines_.clear();
    std::string line;
    while (reader_ && lines_.size() < window.size() && reader_->next(line)) lines_.push_back(std::move(line));
    if (reader_ && (lines_.size() < window.size() || (window.empty() && reader_->next(line)))) refuse(input);
  }
  std::span<const std::string> lines() const { return lines_; }

 private:
  [[noreturn]] void refuse(LineReader& input) {
    std::string line;
    while (input.next(line)) {}
    while (reader_->next(line)) {}
    throw DataError("[", reader_->name(), "] expected as many lines as the input has, ", input.line_number(), ", got ",
                    reader_->line_number(), "; line n is ", meaning_, " translation n, and may be blank");
  }

  std::string_view meaning_;
  std::optional<LineReader> reader_;
  std::vector<std::string> lines_;
};

// The input, and what stands beside it.
class Windows {
 public:
  explicit Windows(const TranslateOptions& options)
      : window_(options.window), text_(options.input), prefixes_(options.target_prefix, "the beginning of"),
        constraints_(options.constraints, "what must be in") {}
  // False at the end.
  bool next() {
    first_ += static_cast<std::int64_t>(lines_.size());
    lines_ = text_.next_window(window_);
    prefixes_.next(lines_, text_);
    constraints_.next(lines_, text_);
    return !lines_.empty();
  }
  SourceLines lines(const std::string& target_tag) {
    tags_.assign(target_tag.empty() ? 0 : lines_.size(), target_tag);
    return {lines_, first_, prefixes_.lines(), tags_, constraints_.lines()};
  }

 private:
  std::int64_t window_;
  LineReader text_;
  Beside prefixes_, constraints_;
  std::vector<std::string> lines_, tags_;
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
