#include "generate_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "attend/data/language_corpora.h"
#include "escapes.h"

namespace attend {
namespace {

const auto kWholeNumbers = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});
const auto kTokenCounts = CLI::Range(std::int64_t{0}, std::int64_t{10'000'000});

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

GenerationFormatOptions GenerateOptions::format_options() const {
  return {choice_of<GenerationFormat>("--format", format), echo};
}

void GenerateOptions::settle() {
  prompts.format = choice_of<PromptFormat>("--input-format", input_format);
  prompts.ids = text.ids;
  check_prompts();
  check_search();
  read_escapes();
  check_output(output, "--input", prompts.input);
  check_output(output, "--prompt-file", prompts.file);
  check_output(output, "--tokenizer", text.tokenizer);
  check_output(output, ModelOptions{{model}, {}});
}

void GenerateOptions::read_escapes() {
  const auto read = [&](const std::string& option, std::string& typed) {
    if (escapes) typed = unescape(option, typed);
    else warn_of_escapes(option, typed);
  };
  if (prompts.prompt) read("--prompt", *prompts.prompt);
  for (std::string& stop : stops) read("--stop", stop);
  for (std::string& piece : rules.banned) read("--ban", piece);
  for (std::string& bias : biases) read("--logit-bias", bias);
}

void GenerateOptions::check_prompts() const {
  if (prompts.prompt.has_value() + prompts.file.has_value() + prompts.input.has_value() > 1)
    throw UsageError("[--prompt, --prompt-file, --input] expected one of them, got several");
  if (prompts.format == PromptFormat::jsonl && (prompts.prompt || prompts.file))
    throw UsageError("[--input-format] is how --input is read; leave out --prompt and --prompt-file");
  if (prompts.prompt) check_prompt(*prompts.prompt);
  for (const std::string& stop : stops)
    if (stop.empty() || !is_valid_utf8(stop))
      throw UsageError("[--stop] expected some text in UTF-8, got ", stop.empty() ? "none" : "something else");
  if (text.ids && !stops.empty())
    throw UsageError("[--stop] is looked for in text, and --ids writes none; leave out one of them");
}

void GenerateOptions::check_search() const {
  if (beam && sampling.any())
    throw UsageError(
        "[--temperature, --top-k, --top-p, --min-p, --typical, --seed] shape random draws, and --beam draws ",
        "nothing; leave out one");
  if (beam && samples > *beam)
    throw UsageError("[--samples] expected at most the beam of ", *beam, ", got ", samples, "; raise --beam");
  if (beam && stream)
    throw UsageError("[--stream] a beam knows its text only at the end; leave out --stream or --beam");
  if (stream && format_options().format != GenerationFormat::text)
    throw UsageError("[--stream] writes text as it comes; leave out --format ", format);
}

GenerationConfig GenerateOptions::generation_of(const Config& config) const {
  GenerationConfig generation = config.generation;
  sampling.apply(generation);
  rules.apply(generation);
  replace(generation.min_new_tokens, min_new_tokens);
  replace(generation.max_new_tokens, max_new_tokens);
  replace(generation.penalty_last, penalty_last);
  if (generation.min_new_tokens > generation.max_new_tokens)
    throw UsageError("[", min_new_tokens ? "--min-new-tokens" : "generation.min_new_tokens", "] expected at most ",
                     max_new_tokens ? "--max-new-tokens" : "generation.max_new_tokens", ", ", generation.max_new_tokens,
                     ", got ", generation.min_new_tokens);
  return generation;
}

// The config names pieces as the model's tokenizer spells them, the command line as text is read: with --ids by number.
std::vector<TokenBias> GenerateOptions::biases_of(const Config& config, const TextReading& reading) const {
  std::map<std::int32_t, float> by_token;
  for (const auto& [piece, bias] : config.generation.logit_bias)
    by_token[piece_number(*reading.own, piece, "generation.logit_bias")] = static_cast<float>(*parse_bias(bias));
  for (const std::string& entry : biases) {
    const auto equals = entry.rfind('=');
    const auto bias = equals == std::string::npos ? std::nullopt : parse_bias(entry.substr(equals + 1));
    if (!bias)
      throw UsageError("[--logit-bias] expected PIECE=NUMBER with a number from -1000 to 1000, or -inf, got \"", entry,
                       "\"");
    by_token[piece_number(*reading.tokenizer, entry.substr(0, equals), "--logit-bias")] = static_cast<float>(*bias);
  }
  std::vector<TokenBias> result;
  for (const auto& [token, bias] : by_token) result.push_back({token, bias});
  return result;
}

std::vector<std::int32_t> GenerateOptions::banned_of(const Config& config, const TextReading& reading) const {
  auto banned = banned_numbers(*reading.own, config.generation.ban, "generation.ban");
  for (const auto id : banned_numbers(*reading.tokenizer, rules.banned, "--ban")) banned.push_back(id);
  // Where training had one text without ends, an end means nothing.
  const auto& data = config.data;
  const bool is_one =
      !data.train.front().tokens && std::ranges::all_of(training_documents(data), &DocumentCorpus::is_one);
  if (is_one && reading.special.eos != reading.special.bos) banned.push_back(reading.special.eos);
  return banned;
}

GeneratorOptions GenerateOptions::generator_options(const Config& config, const TextReading& reading) const {
  GeneratorOptions result;
  result.generation = generation_of(config);
  result.decoding = config.decoding;
  result.beam = beam.value_or(0);
  result.samples = samples;
  result.window = text_window(config, text.window);
  result.batch_tokens = batch_tokens;
  result.stops = stops;
  result.special = reading.special;
  result.start = reading.start;
  result.generation.ban.clear();  // as numbers, beside those of the command line
  result.banned = banned_of(config, reading);
  result.biases = biases_of(config, reading);
  return result;
}

namespace {

void add_prompt_options(CLI::App& verb, GenerateOptions& options) {
  verb.add_option("MODEL", options.model, "model, checkpoint or run directory of a language model")
      ->required()
      ->type_name("DIR");
  verb.add_option("--prompt", options.prompts.prompt,
                  "text to continue; an empty one begins as training's documents did")
      ->type_name("TEXT");
  verb.add_option("--prompt-file", options.prompts.file, "a file that is one prompt, line ends and all")
      ->type_name("FILE");
  verb.add_option("--input", options.prompts.input,
                  "prompts, one a line; -: standard input, the default without --prompt")
      ->type_name("FILE");
  verb.add_option("--input-format", options.input_format,
                  "of --input: a prompt a line, or {\"prompt\": \"...\"} or {\"token_ids\": [...]} a line")
      ->type_name(join(names_of<PromptFormat>(), "|"));
  verb.add_flag(
      "--escapes", options.escapes,
      "\\n, \\t, \\r and \\\\ in --prompt, --stop, --ban and --logit-bias are a line end, a tab, a carriage return, "
      "a backslash");
  verb.add_option("--output", options.output, "where the text goes; -: standard output")->type_name("FILE");
  verb.add_flag("--echo", options.echo, "the prompt before each continuation");
  verb.add_flag("--stream", options.stream, "text as it is generated, whole characters at a time");
  verb.add_option("--format", options.format, "text, or an object a continuation")
      ->type_name(join(names_of<GenerationFormat>(), "|"));
}

void add_length_options(CLI::App& verb, GenerateOptions& options) {
  verb.add_option("--max-new-tokens", options.max_new_tokens, "longest continuation")
      ->check(kWholeNumbers)
      ->type_name("N");
  verb.add_option("--min-new-tokens", options.min_new_tokens,
                  "shortest continuation: no end symbol and no stop string ends it before")
      ->check(kTokenCounts)
      ->type_name("N");
  verb.add_option("--stop", options.stops, "text that ends a continuation and is left out of it; repeatable")
      ->allow_extra_args(false)
      ->type_name("STR");
  verb.add_option("--samples", options.samples, "continuations of each prompt; with --beam the best ones")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N");
  verb.add_option("--beam", options.beam, "beam search in place of sampling, with so many hypotheses")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
}

}  // namespace

void add_generate_options(CLI::App& verb, GenerateOptions& options) {
  add_prompt_options(verb, options);
  add_length_options(verb, options);
  add_text_options(verb, options.text);
  add_rule_flags(verb, options.rules);
  verb.add_option("--logit-bias", options.biases, "a number added to ln p of a piece; -inf: never; repeatable")
      ->allow_extra_args(false)
      ->type_name("PIECE=B");
  verb.add_option("--penalty-last", options.penalty_last,
                  "repetition, presence and frequency look at the last N tokens alone; 0: at all")
      ->check(kTokenCounts)
      ->type_name("N");
  add_sampling_flags(verb, options.sampling);
  add_model_set_option(verb, options.settings);
  verb.add_option("--batch-tokens", options.batch_tokens, "a batch's samples x tokens, prompt and continuation")
      ->check(kWholeNumbers)
      ->type_name("N");
  verb.add_option("--window", options.window, "prompts read and sorted together at most")
      ->check(kWholeNumbers)
      ->type_name("N");
  add_runtime_options(verb, options.runtime);
}

}  // namespace attend
