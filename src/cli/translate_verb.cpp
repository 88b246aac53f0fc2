// attend translate: lines of text through a model, in windows, in their order.
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/decoding/model_scorer.h"
#include "attend/decoding/translation_format.h"
#include "attend/decoding/translator.h"
#include "attend/text/parallel_text.h"

namespace attend {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string input = "-", output = "-";
  std::optional<std::int64_t> beam, max_length;
  std::optional<double> length_penalty;
  std::optional<std::string> length_penalty_type, format;
  std::int64_t nbest = 1, batch_tokens = TranslatorOptions{}.batch_tokens, window = 2000;
  bool token_scores = false;
  RuntimeOptions runtime;
};

template <class E>
E choice_of(std::string_view option, const std::string& name) {
  if (const auto value = value_of<E>(name)) return *value;
  throw UsageError("[", option, "] expected one of ", join(names_of<E>(), ", "), ", got \"", name, "\"",
                   did_you_mean(name, names_of<E>()));
}

FormatOptions format_of(const Options& options) {
  const TranslationFormat implied = options.nbest > 1 ? TranslationFormat::nbest : TranslationFormat::text;
  const TranslationFormat format = options.format ? choice_of<TranslationFormat>("--format", *options.format) : implied;
  if (options.nbest > 1 && format == TranslationFormat::text)
    throw UsageError("[--format] text has room for one translation a line, got --nbest ", options.nbest, "; use nbest or jsonl");
  if (options.token_scores && format != TranslationFormat::jsonl)
    throw UsageError("[--token-scores] needs --format jsonl, got ", name_of(format));
  return {format, options.token_scores};
}

// What the command line says goes before what the model's config says.
void apply(const Options& options, DecodingConfig& decoding) {
  if (options.beam) decoding.beam_size = *options.beam;
  if (options.max_length) decoding.max_length = *options.max_length;
  if (options.length_penalty) decoding.length_penalty.alpha = *options.length_penalty;
  if (options.length_penalty_type)
    decoding.length_penalty.type = choice_of<LengthPenaltyType>("--length-penalty-type", *options.length_penalty_type);
  if (options.nbest > decoding.beam_size)
    throw UsageError("[--nbest] expected at most the beam of ", decoding.beam_size, ", got ", options.nbest, "; raise --beam");
}

// Wrong words are reported before a model is loaded.
void check(const Options& options) {
  if (options.models.size() > 1) throw UsageError("[translate] several models (an ensemble): not yet");
  format_of(options);
  DecodingConfig decoding;
  decoding.beam_size = std::max(decoding.beam_size, options.nbest);
  apply(options, decoding);
  std::error_code ignored;
  if (options.input != "-" && options.output != "-" && std::filesystem::equivalent(options.input, options.output, ignored))
    throw UsageError("[--output] expected another file than the input, got ", options.output);
}

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

void run_translate(const Options& options) {
  check(options);
  const FormatOptions format = format_of(options);
  LineReader reader(options.input);
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  LoadedModel loaded = load_model(options.models.front(), runtime);
  apply(options, loaded.config.decoding);

  TranslatorOptions settings = translator_options_of(loaded.config);
  settings.nbest = options.nbest;
  settings.batch_tokens = options.batch_tokens;
  ModelScorer scorer(loaded.model);
  Translator translator(scorer, loaded.tokenizers.source, loaded.tokenizers.target, settings);
  ResultWriter writer(options.output);
  Progress progress;
  for (auto lines = reader.next_window(options.window); !lines.empty(); lines = reader.next_window(options.window)) {
    const std::int64_t first = progress.sentences() + 1;
    const auto results = translator.translate(lines, first);
    std::string text;
    for (std::size_t i = 0; i < results.size(); ++i)
      text += format_translations(first + static_cast<std::int64_t>(i), results[i], format);
    writer.write(text);
    progress.add(results);
  }
  writer.close();
  progress.finish();
}

void add_search_options(CLI::App& verb, Options& options) {
  verb.add_option("--beam", options.beam, "hypotheses kept; 1 is greedy search")->check(CLI::Range(1, 1000))->type_name("N");
  verb.add_option("--nbest", options.nbest, "translations a line, at most the beam")->check(CLI::Range(1, 1000))->type_name("N");
  verb.add_option("--length-penalty", options.length_penalty, "strength alpha")->check(CLI::Range(0.0, 10.0))->type_name("A");
  verb.add_option("--length-penalty-type", options.length_penalty_type, "how length enters a score")
      ->type_name(join(names_of<LengthPenaltyType>(), "|"));
  verb.add_option("--max-length", options.max_length, "longest translation in tokens")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->type_name("N");
}

void add_text_options(CLI::App& verb, Options& options) {
  const auto positive = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});
  verb.add_option("--input", options.input, "text to translate, a sentence a line; -: standard input")->type_name("FILE");
  verb.add_option("--output", options.output, "where the translations go; -: standard output")->type_name("FILE");
  verb.add_option("--format", options.format, "text; nbest where --nbest is more than 1")
      ->type_name(join(names_of<TranslationFormat>(), "|"));
  verb.add_flag("--token-scores", options.token_scores, "log-probabilities of the tokens, in jsonl");
  verb.add_option("--batch-tokens", options.batch_tokens, "a batch's rows x longest source")->check(positive)->type_name("N");
  verb.add_option("--window", options.window, "lines read and sorted together at most")->check(positive)->type_name("N");
}

}  // namespace

void add_translate_verb(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("translate", "text through a trained model, a line a sentence");
  verb->add_option("MODEL", options->models, "a model, checkpoint or run directory")->required()->type_name("DIR");
  add_search_options(*verb, *options);
  add_text_options(*verb, *options);
  add_runtime_options(*verb, options->runtime);
  verb->callback([options] { run_translate(*options); });
}

}  // namespace attend
