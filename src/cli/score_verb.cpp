// attend score: the log-probability of given translations; what attend translate wrote is scored again.
#include <CLI/CLI.hpp>
#include <memory>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/log.h"
#include "attend/decoding/ensemble.h"
#include "attend/decoding/scoring.h"
#include "attend/decoding/target_reader.h"
#include "attend/text/text_fit.h"
#include "score.h"
#include "search_flags.h"

namespace attend {
namespace {

// As translate has it: what was asked for, or what the model's training says of every target line.
std::string target_tag_for(const ScoreOptions& options, const Config& config) {
  const std::string tag = options.target_tag.value_or(target_tag_of(config));
  if (!options.target_tag && !tag.empty())
    log_info("\"", tag,
             "\" is put before each target without it, as all target text of training had it; --target-tag \"\" leaves "
             "it out");
  return tag;
}

// With a tag before it, unless it is blank or has it already.
std::string tagged(const std::string& tag, const std::string& line) {
  return trim(line).empty() || begins_with_tag(line, tag) ? line : concat(tag, " ", line);
}

// Both files, a window at a time, as numbers of tokens.
class PairReader {
 public:
  PairReader(const ScoreOptions& options, const Ensemble& ensemble)
      : options_(options),
        tokenizers_(ensemble.tokenizers()),
        longest_source_(ensemble.translator_options().max_source_tokens),
        longest_target_(ensemble.longest_target()),
        target_tag_(target_tag_for(options, ensemble.config())),
        trained_source_tag_(source_tag_of(ensemble.config())),
        source_(options.source),
        target_(options.target) {}

  std::vector<ScoredLine> entries;
  std::vector<ScoredPair> pairs;

  bool next() {
    entries.clear();
    pairs.clear();
    const auto lines = source_.next_window(options_.window);
    std::vector<Target> targets;
    for (const std::string& line : lines) {
      if (!target_.next(targets)) refuse();
      ++line_;
      const auto source = encode_source(line);
      for (std::size_t i = 0; i < targets.size(); ++i) {
        entries.push_back({line_, target_.reads_lists() ? static_cast<std::int64_t>(i + 1) : 0, {}});
        pairs.push_back({source, encode_target(targets[i], source.size() == 1)});
      }
    }
    if (lines.empty() && target_.next(targets)) refuse();
    return !lines.empty();
  }
  std::int64_t line() const { return line_; }
  void tell() const {
    if (untagged_ == 0) return;
    log_warning("[score] ", format_count(untagged_), untagged_ == 1 ? " source line does" : " source lines do",
                " not begin with \"", trained_source_tag_, "\", as every source line of training did; --source-tag \"",
                trained_source_tag_, "\" puts it there");
  }

 private:
  std::vector<std::int32_t> encode_source(const std::string& line) {
    const auto& trained_tag = options_.source_tag.empty() ? trained_source_tag_ : options_.source_tag;
    if (!trim(line).empty() && !begins_with_tag(tagged(options_.source_tag, line), trained_tag)) ++untagged_;
    auto ids = tokenizers_.source->encode(tagged(options_.source_tag, line));
    unknown_sources_.add(line_, is_unknown(*tokenizers_.source, ids));
    const auto longest = static_cast<std::size_t>(longest_source_ - 1);
    if (ids.size() > longest) {
      log_warning("[", options_.source, "] line ", line_, ": expected at most ", longest, " source tokens, got ",
                  ids.size(), "; the rest is left out");
      ids.resize(longest);
    }
    ids.push_back(tokenizers_.source->special().eos);
    return ids;
  }

  // Token ids stand for themselves. A line that is blank on both sides holds nothing, as in translate.
  std::vector<std::int32_t> encode_target(const Target& target, bool blank_source) {
    // Of a real sentence the empty translation is the tag and the end symbol, as translate writes it.
    const bool is_empty = trim(target.text).empty() && !blank_source;
    auto ids = target.token_ids ? *target.token_ids
                                : tokenizers_.target->encode(is_empty ? target_tag_ : tagged(target_tag_, target.text));
    if (!target.token_ids) unknown_targets_.add(line_, is_unknown(*tokenizers_.target, ids));
    if (!target.token_ids && !(blank_source && ids.empty())) ids.push_back(tokenizers_.target->special().eos);
    for (const std::int32_t id : ids)
      if (id >= tokenizers_.target->size())
        throw DataError("[", options_.target, "] line ", line_, ": expected token ids below ",
                        tokenizers_.target->size(), ", got ", id, "; was this written by another model?");
    if (static_cast<std::int64_t>(ids.size()) > longest_target_)
      throw DataError("[", options_.target, "] line ", line_, ": expected at most ", longest_target_,
                      " target tokens (the learned positions of the model), got ", ids.size());
    return ids;
  }

  [[noreturn]] void refuse() {
    std::string line;
    std::vector<Target> targets;
    while (source_.next(line)) {}
    while (target_.next(targets)) {}
    throw DataError("[", options_.source, " and ", options_.target, "] expected as many lines in both, got ",
                    source_.line_number(), " and ", target_.lines(), "; line n of one belongs to line n of the other");
  }

  const ScoreOptions& options_;
  const Tokenizers& tokenizers_;
  std::int64_t longest_source_, longest_target_, line_ = 0;
  std::string target_tag_, trained_source_tag_;
  std::int64_t untagged_ = 0;  // source lines without the tag of all training text
  LineReader source_;
  TargetReader target_;
  UnknownLines unknown_sources_{"score", "source line"}, unknown_targets_{"score", "target line"};
};

void score_targets(const ScoreOptions& options, ScoreFormat format) {
  if (options.source == "-" && options.target == "-")
    throw UsageError("[--source, --target] only one of them can be standard input");
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  Ensemble ensemble = load_ensemble(options.models.paths, options.models.weights, runtime);
  options.settings.apply(ensemble.models.front().config);
  const auto scorer = ensemble.make_scorer();
  const ScoringOptions settings{ensemble.tokenizers().target->special(), options.batch_tokens};
  PairReader reader(options, ensemble);
  ResultWriter writer(options.output);
  ScoreReport report(options, format);
  while (reader.next()) {
    const auto results = score_pairs(*scorer, reader.pairs, settings);
    std::string text;
    for (std::size_t i = 0; i < results.size(); ++i) {
      reader.entries[i].ids = reader.pairs[i].target;
      text += report.line(reader.entries[i], results[i]);
    }
    writer.write(text);
    if (progress_is_live()) show_progress(concat("scoring: ", format_count(reader.line()), " lines"));
  }
  writer.close();
  reader.tell();
  report.finish("target");
}

// What a search is told is taken and checked, so that one list of options serves all verbs.
void tell_settings(const ModelSettings& settings) {
  if (settings.entries.empty()) return;
  log_info(
      "--set changes how a model searches and draws; log-probabilities are the model's own, and of these keys only "
      "generation.keep_first, "
      "which says what a token of --text sees, changes them");
}

void run_score(const ScoreOptions& options) {
  const auto format = choice_of<ScoreFormat>("--format", options.format);
  tell_settings(options.settings);
  if (options.tokens && format != ScoreFormat::jsonl) throw UsageError("[--tokens] needs --format jsonl, got text");
  const bool pairs = !options.source.empty() && !options.target.empty(), text = !options.text.empty();
  if (pairs == text || (text && !(options.source.empty() && options.target.empty())))
    throw UsageError(
        "[score] expected --source and --target, or --text for a language model; attend score --help shows all "
        "options");
  if (!text) check_tags(options.source_tag, options.target_tag);
  else if (options.target_tag || !options.source_tag.empty())
    throw UsageError("[--source-tag, --target-tag] do not belong to --text");
  const auto& [tokenizer, ids, window] = options.reading;
  if (!text && (window.context || window.stride || window.keep_first || ids || !tokenizer.empty() || options.field))
    throw UsageError("[--context, --stride, --keep-first, --ids, --tokenizer, --field] belong to --text");
  if (ids && options.field) throw UsageError("[--ids, --field] expected one of them, got both");
  check_output(options.output, "--source", options.source);
  check_output(options.output, "--target", options.target);
  check_output(options.output, "--text", options.text);
  check_output(options.output, "--tokenizer", tokenizer);
  check_output(options.output, options.models);
  return text ? score_text(options, format) : score_targets(options, format);
}

}  // namespace

void add_score_verb(CLI::App& app) {
  const auto options = std::make_shared<ScoreOptions>();
  options->batch_tokens = ScoringOptions{}.batch_tokens;
  CLI::App* verb = app.add_subcommand("score", "log-probabilities of given translations or text");
  add_model_options(*verb, options->models);
  const auto positive = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});
  verb->add_option("--source", options->source, "source text, a sentence a line; -: standard input")->type_name("FILE");
  verb->add_option("--target", options->target, "its translations, or the nbest or jsonl output of attend translate")
      ->type_name("FILE");
  verb->add_option("--source-tag", options->source_tag, "put before each source line without it")->type_name("TEXT");
  verb->add_option(
          "--target-tag", options->target_tag,
          "put before each target without it; default: the target_prefix of all training text, where it has one")
      ->type_name("TEXT");
  verb->add_option("--text", options->text,
                   "instead of both, of a language model: text in documents as its training read them")
      ->type_name("FILE");
  verb->add_option(
          "--field", options->field,
          "of --text: the key of JSON lines whose text is scored; default: data.train.field; empty: plain text")
      ->type_name("KEY");
  add_text_options(*verb, options->reading);
  verb->add_option("--stride", options->reading.window.stride,
                   "of --text: tokens scored in a window but the first; default: as generate reads")
      ->check(positive)
      ->type_name("N");
  verb->add_option("--output", options->output, "where the scores go; -: standard output")->type_name("FILE");
  verb->add_option("--format", options->format, "text is log_prob<TAB>tokens")
      ->type_name(join(names_of<ScoreFormat>(), "|"));
  verb->add_flag("--tokens", options->tokens, "log-probability and id of each token, in jsonl");
  verb->add_option("--batch-tokens", options->batch_tokens, "a batch's rows x longest side")
      ->check(positive)
      ->type_name("N");
  verb->add_option("--window", options->window, "lines read and sorted together at most")
      ->check(positive)
      ->type_name("N");
  add_model_set_option(*verb, options->settings);
  add_runtime_options(*verb, options->runtime);
  verb->callback([options] { run_score(*options); });
}

}  // namespace attend
