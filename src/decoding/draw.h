// One token drawn from the log-probabilities of a row: temperature, the filters in their order, the draw.
#pragma once

#include <cstdint>
#include <span>

#include "attend/decoding/search_options.h"

namespace attend {

// The token that u in [0, 1) falls on, by the distribution that `options` define. ModelError for a row with a NaN.
std::int32_t draw(std::span<const float> log_probs, const SamplingOptions& options, double u);

}  // namespace attend
