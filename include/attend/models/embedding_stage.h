// EmbeddingStage leads from the ids of a stack to vectors: table, scale, positions, optional norm, dropout.
// Legend: B batch, T length, D model.
#pragma once

#include <memory>

#include "attend/nn/embedding.h"
#include "attend/nn/norm.h"
#include "attend/position/position.h"
#include "attend/tensor/forward_context.h"

namespace attend {

struct StageInput {
  at::Tensor ids;             // (B, T) int64
  at::Tensor positions = {};  // (B, T) int64; undefined: first, first + 1, ...
  std::int64_t first = 0;
};

class EmbeddingStage : public torch::nn::Module {
 public:
  struct Options {
    PositionConfig position;
    int layer = 0;  // number of the layer in random draws
    std::int64_t padding = 0;
  };
  EmbeddingStage(const ModelConfig& config, const Options& options);
  // Returns (B, T, D).
  at::Tensor forward(const Embedding& table, const StageInput& input, const ForwardContext& context) const;

 private:
  at::Tensor position_rows(const StageInput& input) const;

  std::shared_ptr<InputPositions> positions_;
  std::shared_ptr<Norm> norm_;
  double scale_, dropout_;
  int layer_;
  std::int64_t padding_;
};

}  // namespace attend
