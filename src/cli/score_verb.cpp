// attend score: the log-probability of given translations; what attend translate wrote is scored again.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/log.h"
#include "attend/decoding/ensemble.h"
#include "attend/decoding/scoring.h"
#include "attend/decoding/target_reader.h"

namespace attend {
namespace {

enum class ScoreFormat { text, jsonl };
constexpr EnumEntry<ScoreFormat> kScoreFormats[] = {{ScoreFormat::text, "text", "log_prob<TAB>tokens"},
                                                    {ScoreFormat::jsonl, "jsonl", "an object a target; lines count from 1"}};
constexpr std::span<const EnumEntry<ScoreFormat>> enum_table(ScoreFormat) { return kScoreFormats; }

struct ScoreOptions {
  ModelOptions models;
  RuntimeOptions runtime;
  std::string source, target, output = "-", format = "text";
  std::int64_t batch_tokens = ScoringOptions{}.batch_tokens, window = 2000;
  bool tokens = false;
};

// One line of output to be.
struct Entry {
  std::int64_t line;        // of the source, from 1
  std::int64_t hypothesis;  // of a list, from 1; 0: plain text
};

// Both files, a window at a time, as numbers of tokens.
class PairReader {
 public:
  PairReader(const ScoreOptions& options, const Ensemble& ensemble)
      : options_(options), tokenizers_(ensemble.tokenizers()), longest_source_(ensemble.translator_options().max_source_tokens),
        longest_target_(ensemble.longest_target()), source_(options.source), target_(options.target) {}

  std::vector<Entry> entries;
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
        entries.push_back({line_, target_.reads_lists() ? static_cast<std::int64_t>(i + 1) : 0});
        pairs.push_back({source, encode_target(targets[i], source.size() == 1)});
      }
    }
    if (lines.empty() && target_.next(targets)) refuse();
    return !lines.empty();
  }
  std::int64_t line() const { return line_; }

 private:
  std::vector<std::int32_t> encode_source(const std::string& line) const {
    auto ids = tokenizers_.source->encode(line);
    const auto longest = static_cast<std::size_t>(longest_source_ - 1);
    if (ids.size() > longest) {
      log_warning("[", options_.source, "] line ", line_, ": expected at most ", longest, " source tokens, got ", ids.size(),
                  "; the rest is left out");
      ids.resize(longest);
    }
    ids.push_back(tokenizers_.source->special().eos);
    return ids;
  }

  // Token ids stand for themselves. A line that is blank on both sides holds nothing, as in translate.
  std::vector<std::int32_t> encode_target(const Target& target, bool blank_source) const {
    auto ids = target.token_ids ? *target.token_ids : tokenizers_.target->encode(target.text);
    if (!target.token_ids && !(blank_source && ids.empty())) ids.push_back(tokenizers_.target->special().eos);
    for (const std::int32_t id : ids)
      if (id >= tokenizers_.target->size())
        throw DataError("[", options_.target, "] line ", line_, ": expected token ids below ", tokenizers_.target->size(), ", got ", id,
                        "; was this written by another model?");
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
    throw DataError("[", options_.source, " and ", options_.target, "] expected as many lines in both, got ", source_.line_number(),
                    " and ", target_.lines(), "; line n of one belongs to line n of the other");
  }

  const ScoreOptions& options_;
  const Tokenizers& tokenizers_;
  std::int64_t longest_source_, longest_target_, line_ = 0;
  LineReader source_;
  TargetReader target_;
};

class Report {
 public:
  Report(const ScoreOptions& options, ScoreFormat format) : tokens_wanted_(options.tokens), format_(format) {}

  std::string line(const Entry& entry, const ScoredPair& pair, const std::vector<float>& log_probs) {
    double log_prob = 0;
    for (const float x : log_probs) log_prob += x;
    sum_ += log_prob;
    tokens_ += static_cast<std::int64_t>(log_probs.size());
    ++targets_;
    if (format_ == ScoreFormat::text) return concat(format_fixed(log_prob, 6), "\t", log_probs.size(), "\n");
    nlohmann::ordered_json row{{"line", entry.line}};
    if (entry.hypothesis > 0) row["hypothesis"] = entry.hypothesis;
    row["log_prob"] = log_prob;
    row["tokens"] = log_probs.size();
    if (tokens_wanted_) {
      row["token_log_probs"] = log_probs;
      row["token_ids"] = pair.target;
    }
    return row.dump() + "\n";
  }

  void progress(std::int64_t lines) const {
    if (progress_is_live()) show_progress(concat("scoring: ", format_count(lines), " lines"));
  }

  void finish() const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double perplexity = tokens_ > 0 ? std::exp(-sum_ / static_cast<double>(tokens_)) : 1.0;
    finish_progress();
    log_info("scored ", format_count(targets_), targets_ == 1 ? " target, " : " targets, ", format_count(tokens_), " tokens, log_prob ",
             format_fixed(sum_, 3), ", perplexity ", format_fixed(perplexity, 4), ", ", format_fixed(seconds, 1), " s");
  }

 private:
  bool tokens_wanted_;
  ScoreFormat format_;
  double sum_ = 0;
  std::int64_t tokens_ = 0, targets_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void run_score(const ScoreOptions& options) {
  const auto format = choice_of<ScoreFormat>("--format", options.format);
  if (options.tokens && format != ScoreFormat::jsonl) throw UsageError("[--tokens] needs --format jsonl, got text");
  if (options.source == "-" && options.target == "-") throw UsageError("[--source, --target] only one of them can be standard input");
  RuntimeConfig machine;
  options.runtime.apply(machine);
  const Runtime runtime = start_runtime(machine);
  const Ensemble ensemble = load_ensemble(options.models.paths, options.models.weights, runtime);
  const auto scorer = ensemble.make_scorer();
  const ScoringOptions settings{ensemble.tokenizers().target->special(), options.batch_tokens};
  PairReader reader(options, ensemble);
  ResultWriter writer(options.output);
  Report report(options, format);
  while (reader.next()) {
    const auto results = score_pairs(*scorer, reader.pairs, settings);
    std::string text;
    for (std::size_t i = 0; i < results.size(); ++i) text += report.line(reader.entries[i], reader.pairs[i], results[i]);
    writer.write(text);
    report.progress(reader.line());
  }
  writer.close();
  report.finish();
}

}  // namespace

void add_score_verb(CLI::App& app) {
  const auto options = std::make_shared<ScoreOptions>();
  CLI::App* verb = app.add_subcommand("score", "log-probabilities of given translations");
  add_model_options(*verb, options->models);
  const auto positive = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000});
  verb->add_option("--source", options->source, "source text, a sentence a line; -: standard input")->required()->type_name("FILE");
  verb->add_option("--target", options->target, "its translations, or the nbest or jsonl output of attend translate")
      ->required()
      ->type_name("FILE");
  verb->add_option("--output", options->output, "where the scores go; -: standard output")->type_name("FILE");
  verb->add_option("--format", options->format, "text is log_prob<TAB>tokens")->type_name(join(names_of<ScoreFormat>(), "|"));
  verb->add_flag("--tokens", options->tokens, "log-probability and id of each token, in jsonl");
  verb->add_option("--batch-tokens", options->batch_tokens, "a batch's rows x longest side")->check(positive)->type_name("N");
  verb->add_option("--window", options->window, "lines read and sorted together at most")->check(positive)->type_name("N");
  add_runtime_options(*verb, options->runtime);
  verb->callback([options] { run_score(*options); });
}

}  // namespace attend
