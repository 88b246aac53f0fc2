#include "attend/metrics/chrf.h"

#include <algorithm>

#include "attend/core/error.h"

namespace attend {
namespace {

// Code points without the white space.
Units characters_of(std::string_view line) {
  Units characters;
  for (const std::string_view word : split_at_white_space(line)) characters.text += word;
  const std::string& text = characters.text;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) characters.begins.push_back(i);
  characters.ends.assign(characters.begins.begin() + !characters.begins.empty(), characters.begins.end());
  if (!characters.begins.empty()) characters.ends.push_back(text.size());
  return characters;
}

using AllCounts = std::array<NgramCounts, kChrfOrder>;

AllCounts all_counts(const Units& characters) {
  AllCounts counts;
  for (std::size_t n = 0; n < kChrfOrder; ++n) counts[n] = count_ngrams(characters, n + 1);
  return counts;
}

ChrfStatistics compare(const AllCounts& hypothesis, const AllCounts& reference) {
  ChrfStatistics statistics;
  for (std::size_t n = 0; n < kChrfOrder; ++n) {
    for (const auto& [ngram, count] : reference[n]) statistics.reference[n] += count;
    if (reference[n].empty()) continue;  // an order that the reference is too short for does not count
    for (const auto& [ngram, count] : hypothesis[n]) {
      statistics.hypothesis[n] += count;
      const auto found = reference[n].find(ngram);
      if (found != reference[n].end()) statistics.match[n] += std::min(count, found->second);
    }
  }
  return statistics;
}

}  // namespace

ChrfStatistics& ChrfStatistics::operator+=(const ChrfStatistics& other) {
  for (std::size_t n = 0; n < kChrfOrder; ++n) {
    hypothesis[n] += other.hypothesis[n];
    reference[n] += other.reference[n];
    match[n] += other.match[n];
  }
  return *this;
}

ChrfStatistics chrf_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references) {
  if (references.empty()) throw DataError("[metrics] expected at least one reference, got none");
  const Units system = characters_of(hypothesis);
  const AllCounts counts = all_counts(system);
  ChrfStatistics best;
  double best_score = -1;
  for (const std::string_view line : references) {
    const Units reference = characters_of(line);
    const ChrfStatistics statistics = compare(counts, all_counts(reference));
    const double score = chrf_score(statistics);
    if (score > best_score) {
      best = statistics;
      best_score = score;
    }
  }
  return best;
}

double chrf_score(const ChrfStatistics& statistics) {
  constexpr double kBetaSquared = 4;
  double precision = 0, recall = 0;
  int orders = 0;
  for (std::size_t n = 0; n < kChrfOrder; ++n) {
    if (statistics.hypothesis[n] == 0 || statistics.reference[n] == 0) continue;
    const auto match = static_cast<double>(statistics.match[n]);
    precision += match / static_cast<double>(statistics.hypothesis[n]);
    recall += match / static_cast<double>(statistics.reference[n]);
    ++orders;
  }
  if (orders == 0 || precision + recall == 0) return 0;
  precision /= orders;
  recall /= orders;
  return 100 * ((1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall));
}

double corpus_chrf(const std::vector<std::string>& hypotheses, const References& references) {
  require_equal_counts(hypotheses, references);
  ChrfStatistics sum;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    sum += chrf_statistics(hypotheses[i], references_of(references, i));
  return chrf_score(sum);
}

std::string chrf_signature(std::size_t references) {
  return concat("nrefs:", references, "|case:mixed|eff:yes|nc:6|nw:0|space:no|version:", metrics_version());
}

}  // namespace attend
