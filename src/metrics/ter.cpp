#include "attend/metrics/ter.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "attend/core/error.h"
#include "attend/core/unicode.h"
#include "attend/metrics/translation_edits.h"

namespace attend {
namespace {

// Numbers for words, so that comparing words is comparing numbers.
class WordNumbers {
 public:
  Words operator()(std::string_view line) {
    const std::string text = to_lower(line);
    Words words;
    for (const std::string_view word : split_at_white_space(text))
      words.push_back(
          numbers_.try_emplace(std::string(word), static_cast<std::int32_t>(numbers_.size())).first->second);
    return words;
  }

 private:
  std::unordered_map<std::string, std::int32_t> numbers_;
};

}  // namespace

TerStatistics& TerStatistics::operator+=(const TerStatistics& other) {
  edits += other.edits;
  reference_length += other.reference_length;
  return *this;
}

TerStatistics ter_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references) {
  if (references.empty()) throw DataError("[metrics] expected at least one reference, got none");
  WordNumbers numbers;
  const Words system = numbers(hypothesis);
  TerStatistics statistics{std::numeric_limits<std::int64_t>::max(), 0};
  for (const std::string_view line : references) {
    const Words reference = numbers(line);
    statistics.edits = std::min(statistics.edits, translation_edits(system, reference));
    statistics.reference_length += static_cast<double>(reference.size());
  }
  statistics.reference_length /= static_cast<double>(references.size());
  return statistics;
}

double ter_score(const TerStatistics& statistics) {
  if (statistics.reference_length > 0)
    return 100 * (static_cast<double>(statistics.edits) / statistics.reference_length);
  return statistics.edits > 0 ? 100 : 0;
}

double corpus_ter(const std::vector<std::string>& hypotheses, const References& references) {
  require_equal_counts(hypotheses, references);
  TerStatistics sum;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    sum += ter_statistics(hypotheses[i], references_of(references, i));
  return ter_score(sum);
}

std::string ter_signature(const Evaluation& evaluation) {
  return make_signature(evaluation, "case:lc|tok:tercom|norm:no|punct:yes|asian:no");
}

}  // namespace attend
