// What softmax attentions share: keys from a state, schemes of positions, and the choice of a kernel.
#pragma once

#include "attend/attention/mechanism.h"
#include "attend/kernels/attention.h"

namespace attend {

// Queries, all keys and values, masks and the bias by distance. The caller adds what is its own (window, softcap).
kernels::AttentionArguments softmax_arguments(const AttentionInput& input);

// Fused where the kernel covers the arguments, else the reference. ConfigError where `implementation` asks for what
// cannot be.
AttentionOutput softmax_attention(const AttentionInput& input, const kernels::AttentionArguments& arguments,
                                  AttentionImplementation implementation);

bool runs_fused(const AttentionInput& input, const kernels::AttentionArguments& arguments);
// The reference, with what relative positions add to scores and values; they read arguments.q.
AttentionOutput plain_attention(const AttentionInput& input, kernels::AttentionArguments arguments);

}  // namespace attend
