#include "attend/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/unicode.h"

namespace attend {
namespace {

Units words_of(std::string_view line, const BleuOptions& options) {
  Units words;
  words.text = options.lowercase ? bleu_tokenize(to_lower(line), options.tokenizer)
                                 : bleu_tokenize(line, options.tokenizer);
  for (const std::string_view word : split_at_white_space(words.text)) {
    words.begins.push_back(static_cast<std::size_t>(word.data() - words.text.data()));
    words.ends.push_back(words.begins.back() + word.size());
  }
  return words;
}

// The closest to the hypothesis' length, the shorter of two as close.
std::int64_t closest_length(std::int64_t length, const std::vector<Units>& references) {
  const auto distance = [length](const Units& r) { return std::pair(std::abs(r.size() - length), r.size()); };
  return std::ranges::min_element(references, {}, distance)->size();
}

// The largest count of each n-gram in any of the references.
NgramCounts largest_counts(const std::vector<Units>& references, std::size_t order) {
  NgramCounts largest;
  for (const Units& reference : references)
    for (const auto& [ngram, count] : count_ngrams(reference, order)) {
      std::int64_t& so_far = largest[ngram];
      so_far = std::max(so_far, count);
    }
  return largest;
}

}  // namespace

BleuStatistics& BleuStatistics::operator+=(const BleuStatistics& other) {
  system_length += other.system_length;
  reference_length += other.reference_length;
  for (std::size_t n = 0; n < kBleuOrder; ++n) {
    correct[n] += other.correct[n];
    total[n] += other.total[n];
  }
  return *this;
}

BleuStatistics bleu_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               const BleuOptions& options) {
  if (references.empty()) throw DataError("[metrics] expected at least one reference, got none");
  const Units system = words_of(hypothesis, options);
  std::vector<Units> expected;
  for (const std::string_view reference : references) expected.push_back(words_of(reference, options));

  BleuStatistics statistics;
  statistics.system_length = system.size();
  statistics.reference_length = closest_length(system.size(), expected);
  for (std::size_t n = 0; n < kBleuOrder; ++n) {
    const NgramCounts allowed = largest_counts(expected, n + 1);
    for (const auto& [ngram, count] : count_ngrams(system, n + 1)) {
      statistics.total[n] += count;
      const auto found = allowed.find(ngram);
      if (found != allowed.end()) statistics.correct[n] += std::min(count, found->second);
    }
  }
  return statistics;
}

BleuScore bleu_score(const BleuStatistics& statistics, bool effective_order) {
  BleuScore result;
  result.system_length = statistics.system_length;
  result.reference_length = statistics.reference_length;
  const auto system = static_cast<double>(statistics.system_length);
  if (statistics.system_length < statistics.reference_length)
    result.brevity_penalty =
        system > 0 ? std::exp(1 - static_cast<double>(statistics.reference_length) / system) : 0.0;
  if (std::ranges::all_of(statistics.correct, [](std::int64_t c) { return c == 0; })) return result;

  std::size_t orders = 0;  // that the text is long enough for
  double smoothing = 1;    // doubles with every order that has no match
  for (; orders < kBleuOrder && statistics.total[orders] > 0; ++orders) {
    const auto correct = static_cast<double>(statistics.correct[orders]);
    const auto total = static_cast<double>(statistics.total[orders]);
    if (correct == 0) smoothing *= 2;
    result.precisions[orders] = correct == 0 ? 100 / (smoothing * total) : 100 * correct / total;
  }
  if (!effective_order && orders < kBleuOrder) return result;  // a precision is 0
  double log_sum = 0;
  for (std::size_t n = 0; n < orders; ++n) log_sum += std::log(result.precisions[n]);
  result.score = result.brevity_penalty * std::exp(log_sum / static_cast<double>(orders));
  return result;
}

BleuScore corpus_bleu(const std::vector<std::string>& hypotheses, const References& references,
                      const BleuOptions& options) {
  require_equal_counts(hypotheses, references);
  BleuStatistics sum;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    sum += bleu_statistics(hypotheses[i], references_of(references, i), options);
  return bleu_score(sum, options.effective_order);
}

std::string bleu_signature(const Evaluation& evaluation, const BleuOptions& options) {
  return make_signature(evaluation, concat("case:", options.lowercase ? "lc" : "mixed",
                                           "|eff:", options.effective_order ? "yes" : "no",
                                           "|tok:", name_of(options.tokenizer), "|smooth:exp"));
}

}  // namespace attend
