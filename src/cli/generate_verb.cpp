// attend generate: prompts continued by a language model, in windows, in their order; or one text as it grows.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "attend/cli/verbs.h"
#include "attend/core/interrupt.h"
#include "attend/core/log.h"
#include "attend/decoding/language_scorer.h"
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
    return concat(verb, format_count(prompts_), prompts_ == 1 ? " prompt, " : " prompts, ", format_count(tokens_),
                  " tokens, ", format_fixed(static_cast<double>(tokens_) / std::max(seconds, 1e-9), 1), " tokens/s");
  }

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::int64_t prompts_ = 0, tokens_ = 0;
};

// What is written before a continuation.
std::string before_of(const Prompt& prompt, const Tokenizer& tokenizer) {
  return prompt.ids && prompt.text.empty() ? tokenizer.decode(*prompt.ids) : prompt.text;
}

using Results = std::vector<std::vector<Generation>>;

// Prompts through the generator and out.
class Writing {
 public:
  Writing(const GenerateOptions& options, const Generator& generator, const Tokenizer& tokenizer)
      : options_(options),
        format_(options.format_options()),
        generator_(generator),
        tokenizer_(tokenizer),
        writer_(options.output) {}

  Results window(const Prompts& prompts) {
    Results results = generator_.generate(prompts);
    std::string text;
    for (std::size_t i = 0; i < results.size(); ++i) text += whole(prompts, i, results[i]);
    writer_.write(text);
    return results;
  }

  // One prompt. A signal ends the line it is in, then the program.
  Results stream(const Prompts& prompts) {
    const SignalGuard guard;
    const std::string before = options_.echo ? before_of(prompts.all.front(), tokenizer_) : "";
    bool in_line = false;
    GenerationStream stream(options_.samples, {prompts.first, before}, [&](std::string_view text) {
      writer_.write(text);
      in_line = true;
    });
    Results results;
    try {
      results = generator_.generate(prompts, [&](const TextPiece& piece) {
        stream.take(piece);
        throw_if_interrupted();
      });
    } catch (const Interrupted& stopped) {
      if (in_line) stream.finish();
      throw StoppedBySignal{stopped.signal};
    }
    const bool empty = results.front().front().hypothesis.token_ids.empty();  // nothing was drawn for a blank line
    if (empty) writer_.write(whole(prompts, 0, results.front()));
    else stream.finish();
    return results;
  }
  void close() { writer_.close(); }

 private:
  std::string whole(const Prompts& prompts, std::size_t i, std::span<const Generation> generations) const {
    const std::string before = before_of(prompts.all[i], tokenizer_);
    return format_generations({prompts.first + static_cast<std::int64_t>(i), before}, generations, format_);
  }

  const GenerateOptions& options_;
  GenerationFormatOptions format_;
  const Generator& generator_;
  const Tokenizer& tokenizer_;
  ResultWriter writer_;
};

void run_generate(GenerateOptions& options) {
  options.settle();
  PromptReader reader(options.prompts);
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  LoadedModel loaded = load_model(options.model, runtime);
  options.settings.apply(loaded.config);
  const auto model = model_as<LanguageModel>(loaded.model, options.model);
  const TextReading reading = text_reading(loaded, options.text);
  const GeneratorOptions settings = options.generator_options(loaded.config, reading);
  LanguageScorer scorer(model, settings.window);
  const Generator generator(scorer, reading.tokenizer, settings);
  Writing writing(options, generator, *reading.tokenizer);
  GenerationProgress progress;
  const auto next = [&] { return reader.next(options.stream ? 1 : options.window, reading.tokenizer->size()); };
  for (auto prompts = next(); !prompts.empty(); prompts = next()) {
    const Prompts numbered{prompts, progress.prompts() + 1};
    progress.add(options.stream ? writing.stream(numbered) : writing.window(numbered));
    if (!options.stream) progress.show();
  }
  writing.close();
  progress.finish();
}

}  // namespace

void add_generate_verb(CLI::App& app) {
  const auto options = std::make_shared<GenerateOptions>();
  CLI::App* verb =
      app.add_subcommand("generate", "text continued by a language model: sampling, beam search, as it comes");
  add_generate_options(*verb, *options);
  verb->callback([options] { run_generate(*options); });
}

}  // namespace attend
