// Initial weights. linear layers by scheme (xavier_uniform: Glorot & Bengio 2010, each fused projection by its own fan;
// normal: GPT-2; linear: PyTorch's nn.Linear), embeddings N(0, 1/d_model) or N(0, std) for normal, padding rows 0,
// norms 1 and 0. scale_residual divides the projections into the residual by sqrt(sublayers of their stack).
#pragma once

#include <torch/nn/module.h>

#include "attend/config/config.h"

namespace attend {

// Draws in the order of registration from one generator, so that the same seed gives the same model.
void initialize(torch::nn::Module& model, const ModelConfig& config, std::uint64_t seed);

}  // namespace attend
