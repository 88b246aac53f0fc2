// BLEU (Papineni et al., 2002) as sacreBLEU 2.6 computes it, with exponential smoothing and n-grams up to 4.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attend/metrics/segments.h"
#include "attend/metrics/tokenizers.h"

namespace attend {

inline constexpr std::size_t kBleuOrder = 4;

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::mteval_13a;
  bool lowercase = false;
  // Leaves out n-gram orders that the text is too short for. Only for single sentences.
  bool effective_order = false;
};

// The counts that BLEU needs. The statistics of a corpus are the sum over its segments.
struct BleuStatistics {
  std::int64_t system_length = 0, reference_length = 0;     // tokens; the reference closest in length
  std::array<std::int64_t, kBleuOrder> correct{}, total{};  // n-grams of n = 1..4
  BleuStatistics& operator+=(const BleuStatistics& other);
};

struct BleuScore {
  double score = 0;                             // 0..100
  std::array<double, kBleuOrder> precisions{};  // 0..100, smoothed
  double brevity_penalty = 1;
  std::int64_t system_length = 0, reference_length = 0;
};

BleuStatistics bleu_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               const BleuOptions& options = {});
// Computes brevity_penalty * exp(mean of the log precisions).
BleuScore bleu_score(const BleuStatistics& statistics, bool effective_order = false);

BleuScore corpus_bleu(const std::vector<std::string>& hypotheses, const References& references,
                      const BleuOptions& options = {});
// Returns "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:...".
std::string bleu_signature(const Evaluation& evaluation, const BleuOptions& options = {});

}  // namespace attend
