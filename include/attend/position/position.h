// Position schemes. Positions count real tokens: padding, left or right, never shifts them.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/config/config.h"

namespace attend {

// Positions of queries and keys, int64 (B or 1, T); undefined: 0 .. T-1.
struct Positions {
  at::Tensor q, k;
};

// A scheme that adds a vector at the embedding: a property of a stack.
class InputPositions : public torch::nn::Module {
 public:
  // Rows for positions first .. first + length - 1: (length, D) in the dtype of the masters.
  // DataError when a learned table is too short.
  virtual at::Tensor rows(std::int64_t first, std::int64_t length) = 0;
  // Rows for explicit positions (B, T): (B, T, D).
  virtual at::Tensor rows_at(const at::Tensor& positions) = 0;
};

// What a stack does with positions. `input` is null where nothing is added.
struct PositionPlan {
  std::shared_ptr<InputPositions> input;
};

PositionPlan make_positions(const PositionConfig& config, std::int64_t d_model);

}  // namespace attend
