#include "attend/metrics/chrf.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/unicode.h"

namespace attend {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Code points without the white space.
Units characters_of(std::string_view line) {
  Units characters;
  for (const std::string_view word : split_at_white_space(line)) characters.text += word;
  const std::string& text = characters.text;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!is_continuation(text[i])) characters.begins.push_back(i);
  characters.ends.assign(characters.begins.begin() + !characters.begins.empty(), characters.begins.end());
  if (!characters.begins.empty()) characters.ends.push_back(text.size());
  return characters;
}

void append_word(Units& words, std::string_view word) {
  if (!words.text.empty()) words.text += ' ';
  words.begins.push_back(words.text.size());
  words.text += word;
  words.ends.push_back(words.text.size());
}

bool is_ascii_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// Words; one ASCII punctuation mark is taken off the end of a word, else off its beginning. "(hi)" is "(hi"
// and ")".
Units words_of(std::string_view line) {
  Units words;
  for (const std::string_view word : split_at_white_space(line)) {
    const bool single = std::ranges::count_if(word, [](char c) { return !is_continuation(c); }) == 1;
    const std::size_t cut = single                               ? 0
                            : is_ascii_punctuation(word.back())  ? word.size() - 1
                            : is_ascii_punctuation(word.front()) ? 1
                                                                 : 0;
    if (cut > 0) append_word(words, word.substr(0, cut));
    append_word(words, word.substr(cut));
  }
  return words;
}

// A line's n-grams of every order. The counts are views into the units, so they stay where they are.
class Ngrams {
 public:
  Ngrams(std::string_view line, bool words)
      : characters_(characters_of(line)), words_(words ? words_of(line) : Units{}) {
    for (std::size_t n = 0; n < kChrfOrder; ++n) counts_[n] = count_ngrams(characters_, n + 1);
    for (std::size_t n = 0; n < kChrfWordOrder; ++n) counts_[kChrfOrder + n] = count_ngrams(words_, n + 1);
  }
  Ngrams(const Ngrams&) = delete;
  Ngrams& operator=(const Ngrams&) = delete;
  const NgramCounts& operator[](std::size_t n) const { return counts_[n]; }
  std::size_t size() const { return counts_.size(); }

 private:
  Units characters_, words_;
  std::array<NgramCounts, kChrfOrder + kChrfWordOrder> counts_;
};

ChrfStatistics compare(const Ngrams& hypothesis, const Ngrams& reference) {
  ChrfStatistics statistics;
  for (std::size_t n = 0; n < reference.size(); ++n) {
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

Ngrams ngrams_of(std::string_view line, const ChrfOptions& options) {
  return options.lowercase ? Ngrams(to_lower(line), options.words) : Ngrams(line, options.words);
}

}  // namespace

ChrfStatistics& ChrfStatistics::operator+=(const ChrfStatistics& other) {
  for (std::size_t n = 0; n < match.size(); ++n) {
    hypothesis[n] += other.hypothesis[n];
    reference[n] += other.reference[n];
    match[n] += other.match[n];
  }
  return *this;
}

ChrfStatistics chrf_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               const ChrfOptions& options) {
  if (references.empty()) throw DataError("[metrics] expected at least one reference, got none");
  const Ngrams system = ngrams_of(hypothesis, options);
  ChrfStatistics best;
  double best_score = -1;
  for (const std::string_view reference : references) {
    const ChrfStatistics statistics = compare(system, ngrams_of(reference, options));
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
  for (std::size_t n = 0; n < statistics.match.size(); ++n) {
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

double corpus_chrf(const std::vector<std::string>& hypotheses, const References& references,
                   const ChrfOptions& options) {
  require_equal_counts(hypotheses, references);
  ChrfStatistics sum;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    sum += chrf_statistics(hypotheses[i], references_of(references, i), options);
  return chrf_score(sum);
}

std::string chrf_signature(const Evaluation& evaluation, const ChrfOptions& options) {
  return make_signature(evaluation,
                        concat("case:", options.lowercase ? "lc" : "mixed", "|eff:yes|nc:", kChrfOrder,
                               "|nw:", options.words ? kChrfWordOrder : 0, "|space:no"));
}

}  // namespace attend
