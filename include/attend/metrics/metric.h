// One interface for all metrics, for callers that compute whichever metric was asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attend/core/enum_table.h"
#include "attend/core/json.h"
#include "attend/metrics/segments.h"
#include "attend/metrics/tokenizers.h"

namespace attend {

enum class MetricType { bleu, chrf, chrf_plus_plus, ter };
inline constexpr EnumEntry<MetricType> kMetricTypes[] = {
    {MetricType::bleu, "bleu", "n-grams of words, up to 4"},
    {MetricType::chrf, "chrf", "chrF2: n-grams of characters, up to 6"},
    {MetricType::chrf_plus_plus, "chrf++", "chrF2++: chrF2 and n-grams of words, up to 2"},
    {MetricType::ter, "ter", "edits and shifts of words, in lower case; lower is better"}};
constexpr std::span<const EnumEntry<MetricType>> enum_table(MetricType) { return kMetricTypes; }

struct MetricOptions {
  BleuTokenizer tokenizer = BleuTokenizer::mteval_13a;  // used by BLEU only
  bool lowercase = false;                               // used by all metrics; TER is in lower case anyway
  bool sentence = false;  // scores are for single lines: BLEU leaves out orders that a line is too short for
};

struct MetricScore {
  double score = 0;
  Json fields;          // "score" and what else sacreBLEU reports for this metric, unrounded
  std::string summary;  // the same in words; "" when there is only the score
};

// Lines with their references, ready for one metric. The statistics of each line are computed once; a corpus is any
// choice of lines, and a line counts as often as it is named.
class ScoredLines {
 public:
  virtual ~ScoredLines() = default;
  virtual MetricScore score(std::span<const std::int64_t> lines) const = 0;
};

// Throws DataError unless every reference has as many lines as the hypotheses.
std::unique_ptr<ScoredLines> score_lines(MetricType metric, const MetricOptions& options,
                                         const std::vector<std::string>& hypotheses,
                                         const References& references);

std::string_view metric_title(MetricType metric);  // as sacreBLEU writes it: BLEU, chrF2, chrF2++, TER
std::string metric_signature(MetricType metric, const MetricOptions& options, const Evaluation& evaluation);

}  // namespace attend
