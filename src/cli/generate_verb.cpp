// attend generate: prompts continued by a language model, in windows, in their order; or one text as it grows.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "attend/cli/verbs.h"
#include "attend/core/log.h"
#include "attend/decoding/language_scorer.h"
#include "attend/text/line_reader.h"
#include "attend/training/signals.h"
#include "generate_options.h"

namespace attend {
namespace {

class GenerationProgress {
 public:
  void add(std::span<const std::vector<Generation>> results) {
    prompts_ += static_cast<std::int64_t>(results.size());
    for (const auto& generations : results)
      for (const Generation& generation : generations) tokens_ += generation.hypothesis.tokens();
  }
  void show() const {
    if (progress_is_live()) show_progress(line("generating: "));
  }
  void finish() const {
    finish_progress();
    log_info(line("generated for "));
  }
  std::int64_t prompts() const { return prompts_; }

 private:
  std::string line(std::string_view verb) const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return concat(verb, format_count(prompts_), prompts_ == 1 ? " prompt, " : " prompts, ", format_count(tokens_), " tokens, ",
                  format_fixed(static_cast<double>(tokens_) / std::max(seconds, 1e-9), 1), " tokens/s");
  }

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::int64_t prompts_ = 0, tokens_ = 0;
};

// --prompt is a single window; lines of the input are many. A stream takes one prompt at a time.
class PromptWindows {
 public:
  explicit PromptWindows(const GenerateOptions& options) : options_(options) {
    if (!options.prompt) reader_.emplace(options.input.value_or("-"));
  }
  bool next() {
    if (reader_) lines_ = reader_->next_window(options_.stream ? 1 : options_.window);
    else lines_ = std::exchange(given_, true) ? std::vector<std::string>{} : std::vector<std::string>{*options_.prompt};
    return !lines_.empty();
  }
  const std::vector<std::string>& lines() const { return lines_; }
  Prompts prompts(std::int64_t first) const { return {lines_, first, !reader_}; }

 private:
  const GenerateOptions& options_;
  std::optional<LineReader> reader_;
  std::vector<std::string> lines_;
  bool given_ = false;
};

using Results = std::vector<std::vector<Generation>>;

Results write_window(const Generator& generator, const Prompts& prompts, const GenerationFormatOptions& format, ResultWriter& writer) {
  Results results = generator.generate(prompts);
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i)
    text += format_generations({prompts.first + static_cast<std::int64_t>(i), prompts.text[i]}, results[i], format);
  writer.write(text);
  return results;
}

// One prompt. A signal ends the line it is in, then the program.
Results write_stream(const Generator& generator, const Prompts& prompts, const GenerateOptions& options, ResultWriter& writer) {
  const SignalGuard guard;
  GenerationStream stream(options.samples, options.echo ? prompts.text.front() : "", [&](std::string_view text) { writer.write(text); });
  Results results = generator.generate(prompts, [&](const TextPiece& piece) {
    stream.take(piece);
    if (const int signal = SignalGuard::requested()) {
      stream.finish();
      throw StoppedBySignal{signal};
    }
  });
  const bool empty = results.front().front().hypothesis.token_ids.empty();  // nothing was drawn for a blank line
  if (empty) writer.write(format_generations({prompts.first, prompts.text.front()}, results.front(), options.format_options()));
  else stream.finish();
  return results;
}

void run_generate(const GenerateOptions& options) {
  options.check();
  const GenerationFormatOptions format = options.format_options();
  PromptWindows windows(options);
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  const LoadedModel loaded = load_model(options.model, runtime);
  const auto model = model_as<LanguageModel>(loaded.model, options.model);
  if (!loaded.tokenizers.target)
    throw ModelError("[", options.model, "] expected a model with a tokenizer, got one that was trained on token ids alone; ",
                     "name the tokenizer of the ids in data.tokenizer when it is trained");
  const GeneratorOptions settings = options.generator_options(loaded);
  LanguageScorer scorer(model, settings.context);
  const Generator generator(scorer, loaded.tokenizers.target, settings);
  ResultWriter writer(options.output);
  GenerationProgress progress;
  while (windows.next()) {
    const Prompts prompts = windows.prompts(progress.prompts() + 1);
    progress.add(options.stream ? write_stream(generator, prompts, options, writer) : write_window(generator, prompts, format, writer));
    if (!options.stream) progress.show();
  }
  writer.close();
  progress.finish();
}

}  // namespace

void add_generate_verb(CLI::App& app) {
  const auto options = std::make_shared<GenerateOptions>();
  CLI::App* verb = app.add_subcommand("generate", "text continued by a language model: sampling, beam search, as it comes");
  add_generate_options(*verb, *options);
  verb->callback([options] { run_generate(*options); });
}

}  // namespace attend
