#include "generate_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "attend/data/language_corpora.h"

namespace attend {
namespace {

const auto kWholeNumbers = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});

void check_prompt(const std::string& prompt) {
  const auto at = invalid_utf8_at(prompt);
  if (!at) return;
  const std::string_view before = std::string_view(prompt).substr(0, *at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = *at - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  throw DataError("[--prompt:", line, ":", column, "] expected UTF-8, got a byte that is none; ",
                  "convert the text, for example: iconv -f LATIN1 -t UTF-8");
}

}  // namespace

GenerationFormatOptions GenerateOptions::format_options() const { return {choice_of<GenerationFormat>("--format", format), echo}; }

void GenerateOptions::check() const {
  if (prompt && input) throw UsageError("[--prompt, --input] expected one of them, got both");
  if (prompt) check_prompt(*prompt);
  if (beam && sampling.any())
    throw UsageError("[--temperature, --top-k, --top-p, --min-p, --typical, --seed] shape random draws, and --beam draws nothing; leave out one");
  if (beam && samples > *beam) throw UsageError("[--samples] expected at most the beam of ", *beam, ", got ", samples, "; raise --beam");
  if (beam && stream) throw UsageError("[--stream] a beam knows its text only at the end; leave out --stream or --beam");
  if (stream && format_options().format != GenerationFormat::text)
    throw UsageError("[--stream] writes text as it comes; leave out --format ", format);
  for (const std::string& stop : stops)
    if (stop.empty() || !is_valid_utf8(stop)) throw UsageError("[--stop] expected some text in UTF-8, got ", stop.empty() ? "none" : "something else");
  check_output(output, "--input", input);
}

GeneratorOptions GenerateOptions::generator_options(const LoadedModel& loaded) const {
  GeneratorOptions result;
  result.generation = loaded.config.generation;
  sampling.apply(result.generation);
  rules.apply(result.generation);
  replace(result.generation.max_new_tokens, max_new_tokens);
  result.decoding = loaded.config.decoding;
  result.beam = beam.value_or(0);
  result.samples = samples;
  result.context = context_of(context, loaded.config);
  result.batch_tokens = batch_tokens;
  result.stops = stops;
  rules.check_pieces(result.generation.ban, *loaded.tokenizers.target);
  // Where training had one text without ends, an end means nothing.
  const auto& data = loaded.config.data;
  const auto special = loaded.tokenizers.target->special();
  const bool reads_text = !data.train.front().tokens;
  const bool is_one = std::ranges::all_of(training_documents(data), &DocumentCorpus::is_one);
  if (reads_text && is_one && special.eos != special.bos) result.banned.push_back(special.eos);
  if (!reads_text) result.end = static_cast<std::int32_t>(document_end(loaded.config, loaded.tokenizers.target.get()));
  result.documents_start = reads_text && !is_one;
  return result;
}

namespace {

void add_prompt_options(CLI::App& verb, GenerateOptions& options) {
  verb.add_option("MODEL", options.model, "model, checkpoint or run directory of a language model")->required()->type_name("DIR");
  verb.add_option("--prompt", options.prompt, "text to continue; an empty one starts from the start symbol")->type_name("TEXT");
  verb.add_option("--input", options.input, "prompts, one a line; -: standard input, the default without --prompt")->type_name("FILE");
  verb.add_option("--output", options.output, "where the text goes; -: standard output")->type_name("FILE");
  verb.add_flag("--echo", options.echo, "the prompt before each continuation");
  verb.add_flag("--stream", options.stream, "text as it is generated, whole characters at a time");
  verb.add_option("--format", options.format, "text, or an object a continuation")->type_name(join(names_of<GenerationFormat>(), "|"));
}

void add_length_options(CLI::App& verb, GenerateOptions& options) {
  verb.add_option("--max-new-tokens", options.max_new_tokens, "longest continuation")->check(kWholeNumbers)->type_name("N");
  verb.add_option("--stop", options.stops, "text that ends a continuation and is left out of it; repeatable")
      ->allow_extra_args(false)
      ->type_name("STR");
  verb.add_option("--samples", options.samples, "continuations of each prompt; with --beam the best ones")->check(CLI::Range(1, 100'000))->type_name("N");
  verb.add_option("--beam", options.beam, "beam search in place of sampling, with so many hypotheses")->check(CLI::Range(1, 1000))->type_name("N");
  verb.add_option("--context", options.context, "tokens the model sees at once; default: data.block_size + model.memory_length, as in training")
      ->check(kWholeNumbers)
      ->type_name("N");
}

}  // namespace

void add_generate_options(CLI::App& verb, GenerateOptions& options) {
  add_prompt_options(verb, options);
  add_length_options(verb, options);
  add_rule_flags(verb, options.rules);
  add_sampling_flags(verb, options.sampling);
  verb.add_option("--batch-tokens", options.batch_tokens, "a batch's samples x tokens, prompt and continuation")->check(kWholeNumbers)->type_name("N");
  verb.add_option("--window", options.window, "prompts read and sorted together at most")->check(kWholeNumbers)->type_name("N");
  add_runtime_options(verb, options.runtime);
}

}  // namespace attend
