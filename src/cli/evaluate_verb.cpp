// attend evaluate: BLEU, chrF and TER of a file against references, with a signature.
#include <CLI/CLI.hpp>
#include <memory>
#include <numeric>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/metrics/bootstrap.h"
#include "attend/metrics/metric.h"
#include "attend/text/line_reader.h"

namespace attend {
namespace {

struct EvaluateOptions {
  std::string hypothesis, baseline;
  std::vector<std::string> references;
  std::vector<std::string> metrics{"bleu", "chrf"};
  std::string tokenize = "13a";
  bool lowercase = false, sentence = false;
  std::string format = "text";

  MetricOptions of_metrics() const { return {*value_of<BleuTokenizer>(tokenize), lowercase, sentence}; }
};

void require_choice(std::string_view option, const std::string& text,
                    const std::vector<std::string>& choices) {
  if (std::ranges::find(choices, text) == choices.end())
    throw UsageError("[", option, "] expected one of ", join(choices, ", "), ", got \"", text, "\"",
                     did_you_mean(text, choices));
}

void require_valid(const EvaluateOptions& options) {
  for (const std::string& metric : options.metrics)
    require_choice("--metric", metric, names_of<MetricType>());
  require_choice("--tokenize", options.tokenize, names_of<BleuTokenizer>());
  require_choice("--format", options.format, {"text", "json"});
  if (options.sentence && !options.baseline.empty())
    throw UsageError(
        "[--sentence] expected no --baseline beside it, got both; a paired test is about whole files");
  check_output("-", "--hypothesis", options.hypothesis);
  check_output("-", "--baseline", options.baseline);
  for (const std::string& reference : options.references) check_output("-", "--reference", reference);
}

void require_as_many(const EvaluateOptions& options, std::size_t lines, const std::string& path,
                     std::size_t found) {
  if (found != lines)
    throw DataError("[", options.hypothesis, " and ", path, "] expected as many lines in both, got ", lines,
                    " and ", found, "; line n of one belongs to line n of the other");
}

struct Texts {
  std::vector<std::string> hypotheses, baseline;
  References references;
};

Texts read_texts(const EvaluateOptions& options) {
  Texts texts;
  texts.hypotheses = read_lines(options.hypothesis);
  const std::size_t lines = texts.hypotheses.size();
  for (const std::string& path : options.references) {
    texts.references.push_back(read_lines(path));
    require_as_many(options, lines, path, texts.references.back().size());
  }
  if (options.baseline.empty()) return texts;
  texts.baseline = read_lines(options.baseline);
  require_as_many(options, lines, options.baseline, texts.baseline.size());
  return texts;
}

// sacreBLEU's sign that somebody forgot to put the words together again.
void warn_of_tokenized(const EvaluateOptions& options, const Texts& texts) {
  if (options.tokenize == "none" || std::ranges::find(options.metrics, "bleu") == options.metrics.end())
    return;
  if (std::ranges::count_if(texts.hypotheses, [](const std::string& h) { return h.ends_with(" ."); }) >= 100)
    log_warning("[", options.hypothesis,
                "] 100 lines or more end in \" .\": scores of tokenised text are not comparable; ",
                "detokenise it, or say --tokenize none");
}

std::vector<std::int64_t> all_lines(const Texts& texts) {
  std::vector<std::int64_t> lines(texts.hypotheses.size());
  std::iota(lines.begin(), lines.end(), 0);
  return lines;
}

// What one metric says of the whole text.
struct CorpusResult {
  MetricScore score;
  std::string title, signature;
};

std::string to_text(const CorpusResult& result) {
  const std::string summary = result.score.summary.empty() ? "" : " " + result.score.summary;
  return concat(result.title, "|", result.signature, " = ", format_fixed(result.score.score, 2), summary,
                "\n");
}

Json to_json(const CorpusResult& result) {
  Json json = result.score.fields;
  json["signature"] = result.signature;
  return json;
}

// A score beside the mean of the resampled ones and half of the interval that holds 95 % of them.
std::string to_text(double score, const BootstrapEstimate& estimate) {
  return concat(format_fixed(score, 2), " (", format_fixed(estimate.mean, 2), " +- ",
                format_fixed(estimate.confidence, 2), ")");
}

struct PairedResult {
  PairedBootstrap test;
  double system, baseline;
};

std::string to_text(const PairedResult& paired) {
  return concat("  ", to_text(paired.system, paired.test.system), ", baseline ",
                to_text(paired.baseline, paired.test.baseline),
                ", p = ", format_fixed(paired.test.p_value, 4), paired.test.p_value > 0.05 ? "" : "*", "\n");
}

void add_to(Json& json, const PairedResult& paired) {
  const auto put = [](Json& place, const BootstrapEstimate& estimate) {
    place["mean"] = estimate.mean;
    place["ci"] = estimate.confidence;
  };
  put(json, paired.test.system);
  json["p_value"] = paired.test.p_value;
  json["baseline"] = {{"score", paired.baseline}};
  put(json["baseline"], paired.test.baseline);
}

PairedResult compare_with_baseline(const ScoredLines& system, const ScoredLines& baseline,
                                   const std::vector<std::int64_t>& lines) {
  const auto score_of = [](const ScoredLines& scored) {
    return [&scored](std::span<const std::int64_t> drawn) { return scored.score(drawn).score; };
  };
  const auto count = static_cast<std::int64_t>(lines.size());
  return {paired_bootstrap(count, score_of(system), score_of(baseline)), system.score(lines).score,
          baseline.score(lines).score};
}

void evaluate_corpus(const EvaluateOptions& options, const Texts& texts, ResultWriter& out) {
  const std::vector<std::int64_t> lines = all_lines(texts);
  const bool has_baseline = !options.baseline.empty();
  std::string text;
  Json json = Json::object();
  for (const std::string& name : options.metrics) {
    const MetricType metric = *value_of<MetricType>(name);
    const auto system = score_lines(metric, options.of_metrics(), texts.hypotheses, texts.references);
    const CorpusResult result{
        system->score(lines), std::string(metric_title(metric)),
        metric_signature(metric, options.of_metrics(), {texts.references.size(), has_baseline})};
    text += to_text(result);
    json[name] = to_json(result);
    if (!has_baseline) continue;
    const auto baseline = score_lines(metric, options.of_metrics(), texts.baseline, texts.references);
    const PairedResult paired = compare_with_baseline(*system, *baseline, lines);
    text += to_text(paired);
    add_to(json[name], paired);
  }
  out.write(options.format == "json" ? json.dump(2) + "\n" : text);
}

// A line of scores, or a JSON object, for each line.
void evaluate_sentences(const EvaluateOptions& options, const Texts& texts, ResultWriter& out) {
  std::vector<std::unique_ptr<ScoredLines>> metrics;
  std::vector<std::string> signatures;
  for (const std::string& name : options.metrics) {
    const MetricType metric = *value_of<MetricType>(name);
    metrics.push_back(score_lines(metric, options.of_metrics(), texts.hypotheses, texts.references));
    signatures.push_back(metric_signature(metric, options.of_metrics(), {texts.references.size(), false}));
    log_info("column ", metrics.size(), ": ", metric_title(metric), "|", signatures.back());
  }
  for (const std::int64_t line : all_lines(texts)) {
    std::vector<std::string> columns;
    Json json = {{"line", line + 1}};
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const MetricScore score = metrics[i]->score(std::span(&line, 1));
      columns.push_back(format_fixed(score.score, 2));
      json[options.metrics[i]] = score.fields;
      json[options.metrics[i]]["signature"] = signatures[i];
    }
    out.write((options.format == "json" ? json.dump() : join(columns, "\t")) + "\n");
  }
}

void evaluate(const EvaluateOptions& options) {
  require_valid(options);
  const Texts texts = read_texts(options);
  warn_of_tokenized(options, texts);
  ResultWriter out("-");
  if (options.sentence)
    evaluate_sentences(options, texts, out);
  else
    evaluate_corpus(options, texts, out);
  out.close();
}

}  // namespace

void add_evaluate_verb(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("evaluate", "BLEU, chrF and TER, equal to sacreBLEU's, with a signature");
  const auto options = std::make_shared<EvaluateOptions>();
  verb->add_option("--hypothesis", options->hypothesis, "translations, one a line; - is standard input")
      ->required();
  verb->add_option("--reference", options->references, "reference translations; again for each further file")
      ->required()
      ->allow_extra_args(false);
  verb->add_option("--metric", options->metrics, join(names_of<MetricType>(), ", "))
      ->delimiter(',')
      ->allow_extra_args(false);
  verb->add_option("--tokenize", options->tokenize, "how BLEU splits words")
      ->type_name(join(names_of<BleuTokenizer>(), "|"));
  verb->add_flag("--lowercase", options->lowercase, "compare in lower case; TER always does");
  verb->add_flag("--sentence", options->sentence, "scores of each line in place of the whole");
  verb->add_option("--baseline", options->baseline,
                   "another system's translations, for a paired bootstrap test");
  verb->add_option("--format", options->format, "text, or json with unrounded numbers")->type_name("text|json");
  verb->callback([options] { evaluate(*options); });
}

}  // namespace attend
