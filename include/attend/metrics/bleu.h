// BLEU (Papineni et al., 2002) as sacreBLEU 2.6 computes it: case kept, exponential smoothing, n-grams up
// to 4.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/core/enum_table.h"
#include "attend/metrics/segments.h"

namespace attend {

enum class BleuTokenizer { mteval_13a, none };
inline constexpr EnumEntry<BleuTokenizer> kBleuTokenizers[] = {
    {BleuTokenizer::mteval_13a, "13a", "the rules of mteval-v13a, WMT's standard"},
    {BleuTokenizer::none, "none", "white space alone, for text that is tokenised already"}};
constexpr std::span<const EnumEntry<BleuTokenizer>> enum_table(BleuTokenizer) { return kBleuTokenizers; }

inline constexpr std::size_t kBleuOrder = 4;

// All that a corpus leaves behind; those of its segments are added.
struct BleuStatistics {
  std::int64_t system_length = 0, reference_length = 0;     // tokens; of the reference closest in length
  std::array<std::int64_t, kBleuOrder> correct{}, total{};  // n-grams of n = 1..4
  BleuStatistics& operator+=(const BleuStatistics& other);
};

struct BleuScore {
  double score = 0;                             // 0..100
  std::array<double, kBleuOrder> precisions{};  // 0..100, smoothed
  double brevity_penalty = 1;
  std::int64_t system_length = 0, reference_length = 0;
};

// The line's tokens with single spaces between them.
std::string bleu_tokenize(std::string_view line, BleuTokenizer tokenizer);
BleuStatistics bleu_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               BleuTokenizer tokenizer = BleuTokenizer::mteval_13a);
// brevity_penalty * exp(mean of the log precisions). effective_order leaves out orders that the text is too
// short for: for single sentences only.
BleuScore bleu_score(const BleuStatistics& statistics, bool effective_order = false);

BleuScore corpus_bleu(const std::vector<std::string>& hypotheses, const References& references,
                      BleuTokenizer tokenizer = BleuTokenizer::mteval_13a);
// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:..."
std::string bleu_signature(std::size_t references, BleuTokenizer tokenizer, bool effective_order = false);

}  // namespace attend
