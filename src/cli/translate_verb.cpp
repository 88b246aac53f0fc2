// attend translate: lines of text through a model or several, in windows, in their order.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "attend/cli/verbs.h"
#include "attend/core/log.h"
#include "attend/text/line_reader.h"

#include "translate_options.h"

namespace attend {
namespace {

class Progress {
 public:
  void add(const std::vector<std::vector<Translation>>& window) {
    sentences_ += static_cast<std::int64_t>(window.size());
    for (const auto& translations : window) tokens_ += translations.front().hypothesis.tokens();
    if (progress_is_live()) show_progress(line("translating: "));
  }
  void finish() const {
    finish_progress();
    log_info(line("translated "), ", ", format_fixed(seconds(), 1), " s");
  }
  std::int64_t sentences() const { return sentences_; }

 private:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  std::string rate(std::int64_t count) const {
    return format_fixed(static_cast<double>(count) / std::max(seconds(), 1e-9), 1);
  }
  std::string line(std::string_view verb) const {
    return concat(verb, format_count(sentences_), sentences_ == 1 ? " line, " : " lines, ", rate(sentences_), " lines/s, ",
                  rate(tokens_), " tokens/s");
  }

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::int64_t sentences_ = 0, tokens_ = 0;
};

// The input, and beside it the prefixes where there are any.
class Windows {
 public:
  explicit Windows(const TranslateOptions& options) : options_(options), text_(options.input) {
    if (options.target_prefix) prefix_.emplace(*options.target_prefix);
  }
  // False at the end. DataError where one of the two files ends before the other.
  bool next() {
    lines_ = text_.next_window(options_.window);
    prefixes_.clear();
    std::string line;
    while (prefix_ && prefixes_.size() < lines_.size() && prefix_->next(line)) prefixes_.push_back(std::move(line));
    if (prefix_ && (prefixes_.size() < lines_.size() || (lines_.empty() && prefix_->next(line)))) refuse();
    return !lines_.empty();
  }
  SourceLines lines(std::int64_t first) const { return {lines_, first, prefixes_}; }

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
  std::vector<std::string> lines_, prefixes_;
};

void run_translate(const TranslateOptions& options) {
  options.check();
  const FormatOptions format = options.format_options();
  Windows windows(options);
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine, options.workers);
  const Ensemble ensemble = load_ensemble(options.models.paths, options.models.weights, runtime);

  std::vector<std::unique_ptr<Scorer>> scorers;
  std::vector<Scorer*> workers;
  for (std::int64_t i = 0; i < options.workers; ++i) workers.push_back(scorers.emplace_back(ensemble.make_scorer()).get());
  const Tokenizers& tokenizers = ensemble.tokenizers();
  const Translator translator(workers, tokenizers.source, tokenizers.target, options.translator_options(ensemble));
  ResultWriter writer(options.output);
  Progress progress;
  while (windows.next()) {
    const std::int64_t first = progress.sentences() + 1;
    const auto results = translator.translate(windows.lines(first));
    std::string text;
    for (std::size_t i = 0; i < results.size(); ++i)
      text += format_translations(first + static_cast<std::int64_t>(i), results[i], format);
    writer.write(text);
    progress.add(results);
  }
  writer.close();
  progress.finish();
}

}  // namespace

void add_translate_verb(CLI::App& app) {
  const auto options = std::make_shared<TranslateOptions>();
  CLI::App* verb = app.add_subcommand("translate", "text through a trained model or an ensemble, a line a sentence");
  add_translate_options(*verb, *options);
  verb->callback([options] { run_translate(*options); });
}

}  // namespace attend
