#include "attend/metrics/metric.h"

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/metrics/bleu.h"
#include "attend/metrics/chrf.h"
#include "attend/metrics/ter.h"

namespace attend {
namespace {

BleuOptions bleu_options(const MetricOptions& options) {
  return {options.tokenizer, options.lowercase, options.sentence};
}
ChrfOptions chrf_options(MetricType metric, const MetricOptions& options) {
  return {metric == MetricType::chrf_plus_plus, options.lowercase};
}

MetricScore bleu_result(const BleuScore& bleu) {
  std::vector<std::string> precisions;
  for (const double precision : bleu.precisions) precisions.push_back(format_fixed(precision, 1));
  const auto system = static_cast<double>(bleu.system_length),
             reference = static_cast<double>(bleu.reference_length);
  return {bleu.score,
          {{"score", bleu.score},
           {"precisions", bleu.precisions},
           {"bp", bleu.brevity_penalty},
           {"sys_len", bleu.system_length},
           {"ref_len", bleu.reference_length}},
          concat(join(precisions, "/"), " (BP = ", format_fixed(bleu.brevity_penalty, 3),
                 " ratio = ", format_fixed(reference > 0 ? system / reference : 0, 3),
                 " hyp_len = ", bleu.system_length, " ref_len = ", bleu.reference_length, ")")};
}

MetricScore chrf_result(double score) { return {score, {{"score", score}}, ""}; }

MetricScore ter_result(const TerStatistics& ter) {
  const double score = ter_score(ter);
  return {score, {{"score", score}, {"num_edits", ter.edits}, {"ref_length", ter.reference_length}}, ""};
}

// result_of(sum of the lines' statistics).
template <class Statistics, class ResultOf>
class ScoredLinesBy : public ScoredLines {
 public:
  ScoredLinesBy(std::vector<Statistics> lines, ResultOf result_of)
      : lines_(std::move(lines)), result_of_(result_of) {}
  MetricScore score(std::span<const std::int64_t> lines) const override {
    Statistics sum;
    for (const std::int64_t line : lines) sum += lines_[static_cast<std::size_t>(line)];
    return result_of_(sum);
  }

 private:
  std::vector<Statistics> lines_;
  ResultOf result_of_;
};

template <class StatisticsOf, class ResultOf>
std::unique_ptr<ScoredLines> score_by(const std::vector<std::string>& hypotheses,
                                      const References& references, StatisticsOf statistics_of,
                                      ResultOf result_of) {
  using Statistics = decltype(statistics_of(std::string_view(), references_of(references, 0)));
  std::vector<Statistics> lines;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    lines.push_back(statistics_of(hypotheses[i], references_of(references, i)));
  return std::make_unique<ScoredLinesBy<Statistics, ResultOf>>(std::move(lines), result_of);
}

}  // namespace

std::unique_ptr<ScoredLines> score_lines(MetricType metric, const MetricOptions& options,
                                         const std::vector<std::string>& hypotheses,
                                         const References& references) {
  require_equal_counts(hypotheses, references);
  using Lines = std::vector<std::string_view>;
  const BleuOptions bleu = bleu_options(options);
  const ChrfOptions chrf = chrf_options(metric, options);
  switch (metric) {
    case MetricType::bleu:
      return score_by(
          hypotheses, references,
          [&](std::string_view h, const Lines& r) { return bleu_statistics(h, r, bleu); },
          [bleu](const BleuStatistics& s) { return bleu_result(bleu_score(s, bleu.effective_order)); });
    case MetricType::chrf:
    case MetricType::chrf_plus_plus:
      return score_by(
          hypotheses, references,
          [&](std::string_view h, const Lines& r) { return chrf_statistics(h, r, chrf); },
          [](const ChrfStatistics& s) { return chrf_result(chrf_score(s)); });
    case MetricType::ter: return score_by(hypotheses, references, ter_statistics, ter_result);
  }
  return nullptr;
}

std::string_view metric_title(MetricType metric) {
  switch (metric) {
    case MetricType::bleu: return "BLEU";
    case MetricType::chrf: return "chrF2";
    case MetricType::chrf_plus_plus: return "chrF2++";
    case MetricType::ter: return "TER";
  }
  return "?";
}

std::string metric_signature(MetricType metric, const MetricOptions& options, const Evaluation& evaluation) {
  switch (metric) {
    case MetricType::bleu: return bleu_signature(evaluation, bleu_options(options));
    case MetricType::chrf:
    case MetricType::chrf_plus_plus: return chrf_signature(evaluation, chrf_options(metric, options));
    case MetricType::ter: return ter_signature(evaluation);
  }
  return "";
}

}  // namespace attend
