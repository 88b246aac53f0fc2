// Sets the initial weights. Linear layers follow the scheme: xavier_uniform (Glorot & Bengio 2010, each fused
// projection by its own fan), normal (GPT-2) or linear (PyTorch's nn.Linear). Embeddings are drawn from N(0, 1/d_model)
// or, under normal, from N(0, std). Matrices of relative positions are drawn with standard deviation 0.02. Padding rows
// are 0; norms are 1 and 0. scale_residual divides the projections into the residual by sqrt(sublayers of their stack).
#pragma once

#include <torch/nn/module.h>

#include "attend/config/config.h"

namespace attend {

// Draws all weights from one generator in the order of registration, so that the same seed gives the same model.
void initialize(torch::nn::Module& model, const ModelConfig& config, std::uint64_t seed);

}  // namespace attend
