#include "translate_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "attend/core/log.h"
#include "attend/decoding/translation_scorer.h"

namespace attend {
namespace {

const auto kCounts = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});

std::optional<SamplingOptions> sampling_of(const TranslateOptions& options) {
  if (!options.sampling && options.drawing.any())
    throw UsageError("[--temperature, --top-k, --top-p, --min-p, --typical, --seed] belong to --sampling; give it too");
  if (options.sampling && options.beam)
    throw UsageError("[--beam] does not go with --sampling; --nbest says how many samples a line");
  if (!options.sampling) return std::nullopt;
  SamplingOptions sampling;
  options.drawing.apply(sampling);
  return sampling;
}

// Another type keeps the strength, where both have one.
void apply_penalty(const TranslateOptions& options, LengthPenaltyConfig& penalty) {
  const double* former = penalty.alpha();
  const std::optional<double> strength = options.length_penalty  ? options.length_penalty
                                         : former                ? std::optional(*former)
                                                                 : std::nullopt;
  if (options.length_penalty_type)
    penalty.choose(choice_of<LengthPenaltyType>("--length-penalty-type", *options.length_penalty_type));
  if (double* alpha = penalty.alpha(); alpha && strength) *alpha = *strength;
  else if (!alpha && options.length_penalty)
    throw UsageError("[--length-penalty] is the strength of average or gnmt, but the length penalty is none; leave it ",
                     "out, or choose --length-penalty-type");
}

void apply(const TranslateOptions& options, DecodingConfig& decoding) {
  replace(decoding.beam_size, options.beam);
  replace(decoding.min_length, options.min_length);
  replace(decoding.max_length, options.max_length);
  replace(decoding.coverage_penalty, options.coverage_penalty);
  options.rules.apply(decoding);
  apply_penalty(options, decoding.length_penalty);
  if (!options.sampling && options.nbest > decoding.beam_size)
    throw UsageError("[--nbest] expected at most the beam of ", decoding.beam_size, ", got ", options.nbest,
                     "; raise --beam");
}

enum class AlignmentLevel { token, word };
constexpr EnumEntry<AlignmentLevel> kAlignmentLevels[] = {
    {AlignmentLevel::token, "token", "numbers of tokens"},
    {AlignmentLevel::word, "word", "numbers of words, which white space separates"}};
constexpr std::span<const EnumEntry<AlignmentLevel>> enum_table(AlignmentLevel) { return kAlignmentLevels; }

bool aligns_words(const TranslateOptions& options) {
  if (options.alignment_level && !options.alignment)
    throw UsageError("[--alignment-level] belongs to --alignment; give it too");
  return options.alignment_level &&
         choice_of<AlignmentLevel>("--alignment-level", *options.alignment_level) == AlignmentLevel::word;
}

void check_sentences(const TranslateOptions& options, TranslationFormat format) {
  options.sentences();
  if (!options.split_sentences) return;
  if (options.nbest > 1 || format == TranslationFormat::nbest)
    throw UsageError(
        "[--split-sentences] joins the best translations of the sentences of a line, so there is no list of several; ",
        "leave out --nbest and --format nbest");
  if (options.constraints)
    throw UsageError("[--constraints] belong to whole lines, and --split-sentences cuts them; leave one of them out");
  if (options.alignment && format != TranslationFormat::jsonl)
    throw UsageError("[--alignment] with --split-sentences each sentence has its own numbers; use --format jsonl");
}

bool copies_words(const TranslateOptions& options) {
  const bool copies = options.copy_unknown || options.dictionary;
  if (copies && std::ranges::find(options.rules.banned, kUnknownPiece) != options.rules.banned.end())
    throw UsageError("[--ban] --copy-unknown and --dictionary replace ", kUnknownPiece,
                     ", so it must be generated; leave out --ban ", kUnknownPiece);
  return copies;
}

// Attention that is looked at must have weights.
void check_weights(const Ensemble& ensemble) {
  for (const LoadedModel& loaded : ensemble.models) {
    const ModelConfig& model = loaded.config.model;
    const AttentionConfig& attention =
        attention_of(model, AttentionUse::cross, alignment_layer(static_cast<int>(model.decoder_layers)));
    if (!attention.abilities().weights)
      throw UsageError(
          "[--alignment, --copy-unknown, --dictionary, --coverage-penalty] expected a model whose cross-attention has "
          "weights, got ",
          name_of(attention.type()), " in ", loaded.path.string());
  }
}

void copy_words(const TranslateOptions& options, const Tokenizer& target, TranslatorOptions& settings) {
  std::erase(settings.decoding.ban, kUnknownPiece);
  settings.copied_words =
      std::make_shared<const Dictionary>(options.dictionary ? read_dictionary(*options.dictionary) : Dictionary{});
  if (target.special().unk < 0)
    log_warning(
        "[--copy-unknown, --dictionary] the target vocabulary has no unknown token; there is nothing to replace");
}

}  // namespace

std::optional<SentenceLanguage> TranslateOptions::sentences() const {
  if (sentence_language && !split_sentences)
    throw UsageError("[--sentence-language] belongs to --split-sentences; give it too");
  if (!split_sentences) return std::nullopt;
  return sentence_language ? choice_of<SentenceLanguage>("--sentence-language", *sentence_language)
                           : SentenceLanguage::any;
}

FormatOptions TranslateOptions::format_options() const {
  const TranslationFormat implied = nbest > 1 ? TranslationFormat::nbest : TranslationFormat::text;
  FormatOptions result{format ? choice_of<TranslationFormat>("--format", *format) : implied, token_scores,
                       AlignmentFormat::none};
  if (alignment) result.alignment = choice_of<AlignmentFormat>("--alignment", *alignment);
  if (nbest > 1 && result.format == TranslationFormat::text)
    throw UsageError("[--format] text has room for one translation a line, got --nbest ", nbest,
                     "; use nbest or jsonl");
  if (token_scores && result.format != TranslationFormat::jsonl)
    throw UsageError("[--token-scores] needs --format jsonl, got ", name_of(result.format));
  return result;
}

void TranslateOptions::check() const {
  check_sentences(*this, format_options().format);
  sampling_of(*this);
  aligns_words(*this);
  copies_words(*this);
  DecodingConfig decoding;
  decoding.beam_size = std::max(decoding.beam_size, nbest);
  apply(*this, decoding);
  check_output(output, "--input", input);
  check_output(output, "--target-prefix", target_prefix);
  check_output(output, "--dictionary", dictionary);
  check_tags(source_tag, target_tag);
  check_output(output, "--constraints", constraints);
  std::string reader;  // of standard input
  const auto claim = [&](const char* option, const std::optional<std::string>& file) {
    if (file != "-") return;
    if (!reader.empty()) throw UsageError("[", option, "] standard input is read by ", reader, " already");
    reader = option;
  };
  claim("--input", input);
  claim("--target-prefix", target_prefix);
  claim("--dictionary", dictionary);
  claim("--constraints", constraints);
  if (constraints && sampling)
    throw UsageError("[--constraints] belongs to beam search, got --sampling; leave one of them out");
  check_output(output, models);
}

TranslatorOptions TranslateOptions::translator_options(const Ensemble& ensemble) const {
  TranslatorOptions settings = ensemble.translator_options();
  apply(*this, settings.decoding);
  if (max_length && *max_length > ensemble.longest_target())
    throw UsageError("[--max-length] expected at most ", ensemble.longest_target(),
                     " tokens, as many positions as the model has learned, got ", *max_length);
  const auto longest = std::min(settings.decoding.max_length.value(), ensemble.longest_target());
  settings.decoding.max_length = longest;
  if (settings.decoding.min_length >= longest)
    throw UsageError("[--min-length] expected less than the longest translation of ", longest, " tokens, got ",
                     settings.decoding.min_length,
                     longest < ensemble.longest_target() ? "; raise --max-length" : ", as many as the model can write");
  banned_numbers(*ensemble.tokenizers().target, rules.banned, "--ban");
  banned_numbers(*ensemble.tokenizers().target, settings.decoding.ban, "decoding.ban");
  settings.nbest = nbest;
  settings.batch_tokens = batch_tokens;
  settings.sampling = sampling_of(*this);
  settings.attention = format_options().alignment != AlignmentFormat::none;
  settings.source_tag = source_tag;
  settings.word_alignment = settings.attention && aligns_words(*this);
  if (copies_words(*this)) copy_words(*this, *ensemble.tokenizers().target, settings);
  if (settings.attention || settings.copied_words || settings.decoding.coverage_penalty > 0) check_weights(ensemble);
  return settings;
}

namespace {

void add_search_options(CLI::App& verb, TranslateOptions& options) {
  verb.add_option("--beam", options.beam, "hypotheses kept; 1 is greedy search")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  verb.add_option("--nbest", options.nbest, "translations a line, at most the beam; samples with --sampling")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  verb.add_option("--length-penalty", options.length_penalty, "strength alpha")
      ->check(number_between(0, 10))
      ->type_name("A");
  verb.add_option("--length-penalty-type", options.length_penalty_type, "how length enters a score")
      ->type_name(join(names_of<LengthPenaltyType>(), "|"));
  verb.add_option("--coverage-penalty", options.coverage_penalty,
                  "strength beta of GNMT's penalty on source tokens that are hardly looked at")
      ->check(number_between(0, 100))
      ->type_name("B");
}

void add_beginning_options(CLI::App& verb, TranslateOptions& options) {
  verb.add_option("--source-tag", options.source_tag, "put before each line without it, such as the tag of a language")
      ->type_name("TEXT");
  verb.add_option("--target-tag", options.target_tag,
                  "what each translation begins with, taken off again; default: the target_prefix of all training "
                  "text, where it has one; \"\": none")
      ->type_name("TEXT");
  verb.add_option("--target-prefix", options.target_prefix, "file with what each translation begins with, line by line")
      ->type_name("FILE");
  verb.add_option("--constraints", options.constraints,
                  "file with words or phrases that each translation must hold, line by line, tabs between them")
      ->type_name("FILE");
}

void add_length_options(CLI::App& verb, TranslateOptions& options) {
  const auto length = CLI::Range(std::int64_t{0}, std::int64_t{1'000'000});
  verb.add_option("--min-length", options.min_length, "shortest translation in tokens, end symbol not counted")
      ->check(length)
      ->type_name("N");
  verb.add_option("--max-length", options.max_length, "longest translation in tokens")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->type_name("N");
}

void add_text_options(CLI::App& verb, TranslateOptions& options) {
  verb.add_option("--input", options.input, "text to translate, a sentence a line; -: standard input")
      ->type_name("FILE");
  verb.add_option("--output", options.output, "where the translations go; -: standard output")->type_name("FILE");
  verb.add_option("--format", options.format, "text; nbest where --nbest is more than 1")
      ->type_name(join(names_of<TranslationFormat>(), "|"));
  verb.add_flag("--token-scores", options.token_scores, "log-probabilities of the tokens, in jsonl");
  verb.add_option("--alignment", options.alignment, "which source tokens each target token looked at")
      ->type_name(join(names_of<AlignmentFormat>(), "|"));
  verb.add_option("--alignment-level", options.alignment_level,
                  "what is numbered; words are what white space separates")
      ->type_name(join(names_of<AlignmentLevel>(), "|"));
  verb.add_option("--batch-tokens", options.batch_tokens, "a batch's rows x longest source")
      ->check(kCounts)
      ->type_name("N");
  verb.add_option("--window", options.window, "lines read and sorted together at most")->check(kCounts)->type_name("N");
  verb.add_option("--workers", options.workers, "batches translated side by side; they share --threads")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1024}))
      ->type_name("N");
}

void add_word_options(CLI::App& verb, TranslateOptions& options) {
  verb.add_flag("--copy-unknown", options.copy_unknown,
                "words that the model cannot write are copied from the source, by attention");
  verb.add_option(
          "--dictionary", options.dictionary,
          "file with what such source words become: a word, a tab and its translation a line; others are copied")
      ->type_name("FILE");
  verb.add_flag("--split-sentences", options.split_sentences,
                "a line is translated sentence by sentence; white space between them stays");
  verb.add_option("--sentence-language", options.sentence_language, "whose abbreviations end no sentence")
      ->type_name(join(names_of<SentenceLanguage>(), "|"));
}

}  // namespace

void add_translate_options(CLI::App& verb, TranslateOptions& options) {
  add_model_options(verb, options.models);
  add_search_options(verb, options);
  add_length_options(verb, options);
  add_beginning_options(verb, options);
  add_word_options(verb, options);
  add_rule_flags(verb, options.rules);
  verb.add_flag("--sampling", options.sampling, "translations drawn at random in place of beam search")
      ->group("Sampling");
  add_sampling_flags(verb, options.drawing);
  add_text_options(verb, options);
  add_model_set_option(verb, options.settings);
  add_runtime_options(verb, options.runtime);
}

}  // namespace attend
