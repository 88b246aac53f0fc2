// Counts the edits of TER (Snover et al., 2006) as sacreBLEU 2.6 does: insertions, deletions and substitutions of
// words, and shifts of up to 10 words by up to 50 places, found greedily.
#pragma once

#include <cstdint>

#include "attend/metrics/banded_edit_distance.h"

namespace attend {

// Returns the number of edits. Shifts are tried while the best one lowers the number of remaining edits, at most 1000
// of them. With an empty reference every word is an edit.
std::int64_t translation_edits(Words hypothesis, const Words& reference);

}  // namespace attend
