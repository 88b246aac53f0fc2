// The edits of TER (Snover et al., 2006) as sacreBLEU 2.6 counts them: insertions, deletions and
// substitutions of words, and shifts of up to 10 words by up to 50 places, found greedily.
#pragma once

#include <cstdint>

#include "attend/metrics/banded_edit_distance.h"

namespace attend {

// Shifts are tried as long as the best one brings the rest of the edits down, 1000 of them at most; against
// an empty reference every word is an edit.
std::int64_t translation_edits(Words hypothesis, const Words& reference);

}  // namespace attend
