// chrF2 (Popovic, 2015) and chrF2++ (Popovic, 2017) as sacreBLEU 2.6 computes them. They count n-grams of code points
// up to 6, without white space, and chrF2++ also n-grams of words up to 2. Beta is 2. Precision and recall are averaged
// over the orders that both sides have.
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
  bool words = false;  // chrF2++
  bool lowercase = false;
};

// The counts that chrF needs. The statistics of a corpus are the sum over its segments.
struct ChrfStatistics {
  // The n-grams of characters for n = 1..6, then those of words for n = 1, 2, which chrF2 does not count.
  std::array<std::int64_t, kChrfOrder + kChrfWordOrder> hypothesis{}, reference{}, match{};
  ChrfStatistics& operator+=(const ChrfStatistics& other);
};

// Compares with the reference that gives the best score; the first of equally good ones wins.
ChrfStatistics chrf_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references,
                               const ChrfOptions& options = {});
// Computes 100 * 5 P R / (4 P + R), which lies in 0..100.
double chrf_score(const ChrfStatistics& statistics);

double corpus_chrf(const std::vector<std::string>& hypotheses, const References& references,
                   const ChrfOptions& options = {});
// Returns "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:...".
std::string chrf_signature(const Evaluation& evaluation, const ChrfOptions& options = {});

}  // namespace attend
