// chrF2 (Popovic, 2015) and chrF2++ (Popovic, 2017) as sacreBLEU 2.6 computes them: code point n-grams up to
// 6 without white space, for chrF++ also word n-grams up to 2; beta 2, precision and recall averaged over the
// orders that both sides have.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attend/metrics/segments.h"

namespace attend {

inline constexpr std::size_t kChrfOrder = 6, kChrfWordOrder = 2;

struct ChrfOptions {
  bool words = false;  // chrF++
  bool lowercase = false;
};

// All that a corpus leaves behind; those of its segments are added.
struct ChrfStatistics {
  // n-grams: of characters for n = 1..6, then of words for n = 1, 2 (chrF: none)
  std::array<std::int64_t, kChrfOrder + kChrfWordOrder> hypothesis{}, reference{}, match{};
  ChrfStatistics& operator+=(const ChrfStatistics& other);
};

// Against the reference that gives the best score, the first of equals.
ChrfStatistics chrf_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               const ChrfOptions& options = {});
// 0..100: 100 * 5 P R / (4 P + R).
double chrf_score(const ChrfStatistics& statistics);

double corpus_chrf(const std::vector<std::string>& hypotheses, const References& references,
                   const ChrfOptions& options = {});
// "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:..."
std::string chrf_signature(const Evaluation& evaluation, const ChrfOptions& options = {});

}  // namespace attend
