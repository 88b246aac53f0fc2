#include "attend/metrics/bleu.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attend/core/error.h"

namespace attend {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_point(char c) { return c == '.' || c == ','; }
// ASCII symbols but the apostrophe, comma, hyphen and full stop; the space is one of them.
bool is_symbol(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string put_spaces_around_symbols(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (is_symbol(c)) out += ' ';
    out += c;
    if (is_symbol(c)) out += ' ';
  }
  return out;
}

// One pass from left to right: a pair that fits gets a space within, `before` and `after` around it, and is
// consumed, both characters of it.
template <class Fits>
std::string part_pairs(const std::string& text, Fits fits, std::string_view before, std::string_view after) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !fits(text[i], text[i + 1])) {
      out += text[i];
      continue;
    }
    out += before;
    out += text[i];
    out += ' ';
    out += text[++i];
    out += after;
  }
  return out;
}

// mteval-v13a's rules in its order. Bytes do as well as code points: every rule is about ASCII.
std::string tokenize_13a(std::string_view line) {
  std::string text = " " + std::string(line) + " ";
  replace_all(text, "<skipped>", "");
  replace_all(text, "-\n", "");
  replace_all(text, "\n", " ");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  text = put_spaces_around_symbols(text);
  text = part_pairs(
      text, [](char a, char b) { return !is_digit(a) && is_point(b); }, "", " ");
  text = part_pairs(
      text, [](char a, char b) { return is_point(a) && !is_digit(b); }, " ", "");
  return part_pairs(
      text, [](char a, char b) { return is_digit(a) && b == '-'; }, "", " ");
}

Units words_of(std::string_view line, BleuTokenizer tokenizer) {
  Units words{bleu_tokenize(line, tokenizer), {}, {}};
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

std::string bleu_tokenize(std::string_view line, BleuTokenizer tokenizer) {
  line = strip_trailing_white_space(line);
  const std::string text = tokenizer == BleuTokenizer::mteval_13a ? tokenize_13a(line) : std::string(line);
  std::string out;
  for (const std::string_view token : split_at_white_space(text)) {
    if (!out.empty()) out += ' ';
    out += token;
  }
  return out;
}

BleuStatistics bleu_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               BleuTokenizer tokenizer) {
  if (references.empty()) throw DataError("[metrics] expected at least one reference, got none");
  const Units system = words_of(hypothesis, tokenizer);
  std::vector<Units> expected;
  for (const std::string_view reference : references) expected.push_back(words_of(reference, tokenizer));

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
                      BleuTokenizer tokenizer) {
  require_equal_counts(hypotheses, references);
  BleuStatistics sum;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    sum += bleu_statistics(hypotheses[i], references_of(references, i), tokenizer);
  return bleu_score(sum);
}

std::string bleu_signature(std::size_t references, BleuTokenizer tokenizer, bool effective_order) {
  return concat("nrefs:", references, "|case:mixed|eff:", effective_order ? "yes" : "no",
                "|tok:", name_of(tokenizer), "|smooth:exp|version:", metrics_version());
}

}  // namespace attend
