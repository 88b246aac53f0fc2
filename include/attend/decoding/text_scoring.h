// The log-probability of a text under a language model, in windows:
//
//   window k reads tokens k S .. k S + C - 1 and scores those that no window before it scored
//
// C: context, S: stride. With S = C a token is scored with 0 to C - 1 tokens before it; a smaller stride gives each at
// least C - S of them, for C / S times the work. The last window is moved back, so that it is as long as the others.
#pragma once

#include <span>
#include <vector>

#include "attend/models/language_model.h"

namespace attend {

struct TextWindow {
  std::int64_t context = 256, stride = 256;
};

// Of ids[1], ids[2], ... after those before them: one value less than there are ids.
std::vector<float> score_tokens(LanguageModel& model, std::span<const std::int32_t> ids, const TextWindow& window);

}  // namespace attend
