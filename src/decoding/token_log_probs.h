// How likely tokens are behind hidden states. R of them, D model.
#pragma once

#include "attend/nn/vocabulary_head.h"

namespace attend {

// ln p of the tokens (R) behind hidden states (R, D), float32: some rows at a time, so that no (R, V) matrix exists.
at::Tensor token_log_probs(const VocabularyHead& head, const at::Tensor& hidden, const at::Tensor& tokens);

}  // namespace attend
