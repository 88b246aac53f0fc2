// chrF2 (Popovic, 2015) as sacreBLEU 2.6 computes it: code point n-grams up to 6 without white space, beta 2,
// precision and recall averaged over the orders that both sides have.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attend/metrics/segments.h"

namespace attend {

inline constexpr std::size_t kChrfOrder = 6;

// All that a corpus leaves behind; those of its segments are added.
struct ChrfStatistics {
  std::array<std::int64_t, kChrfOrder> hypothesis{}, reference{}, match{};  // n-grams of n = 1..6
  ChrfStatistics& operator+=(const ChrfStatistics& other);
};

// Against the reference that gives the best score, the first of equals.
ChrfStatistics chrf_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references);
// 0..100: 100 * 5 P R / (4 P + R).
double chrf_score(const ChrfStatistics& statistics);

double corpus_chrf(const std::vector<std::string>& hypotheses, const References& references);
// "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:..."
std::string chrf_signature(std::size_t references);

}  // namespace attend
