// TER (Snover et al., 2006) as sacreBLEU 2.6 computes it by default: words between white space, in lower case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attend/metrics/segments.h"

namespace attend {

// The counts that TER needs. The statistics of a corpus are the sum over its segments.
struct TerStatistics {
  std::int64_t edits = 0;       // edits to the reference that needs the fewest
  double reference_length = 0;  // mean number of words of the references
  TerStatistics& operator+=(const TerStatistics& other);
};

TerStatistics ter_statistics(std::string_view hypothesis, const std::vector<std::string_view>& references);
// Computes 100 * edits / reference_length. 0 is best, and the value may exceed 100. With empty references it is 100, or
// 0 when there are no edits.
double ter_score(const TerStatistics& statistics);

double corpus_ter(const std::vector<std::string>& hypotheses, const References& references);
// Returns "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:...".
std::string ter_signature(const Evaluation& evaluation);

}  // namespace attend
