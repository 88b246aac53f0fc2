// Gives the log-probability of a text under a language model: each token behind those that the window lets it see.
#pragma once

#include <span>
#include <vector>

#include "attend/decoding/text_window.h"
#include "attend/models/language_model.h"

namespace attend {

// Returns the natural log-probabilities of ids[1], ids[2], ... after those before them: one value less than there are
// ids. Work grows with context / stride.
std::vector<float> score_tokens(LanguageModel& model, std::span<const std::int32_t> ids, const TextWindow& window);

}  // namespace attend
