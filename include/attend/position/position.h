// Position schemes: what a stack adds to its embeddings, and what a layer does to queries, keys, scores and values.
//
// Positions count real tokens: padding, left or right, never shifts them. Schemes that act in a layer see differences
// alone, which padding does not change, so they count places: query i of Tq stands at place Tk - Tq + i of the Tk keys,
// or, with keys ahead of the last query, that many places before it.
// Legend: B batch, N heads, Tq queries, Tk keys, H head size, L = Tq + ahead + Tk - 1 distances.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/config/config.h"
#include "attend/position/rotary.h"

namespace attend {

// A scheme that adds a vector at the embedding: a property of a stack.
class InputPositions : public torch::nn::Module {
 public:
  // Rows for positions first .. first + length - 1: (length, D) in the dtype of the masters.
  // DataError when a learned table is too short.
  virtual at::Tensor rows(std::int64_t first, std::int64_t length) = 0;
  // Rows for explicit positions (B, T): (B, T, D).
  virtual at::Tensor rows_at(const at::Tensor& positions) = 0;
};

// A bias on scores that depends on the distance alone.
class DistanceBias : public torch::nn::Module {
 public:
  // (N, L) float32 (float64 where the model is): element d + keys - 1 belongs to keys that stand d behind the query.
  virtual at::Tensor values(std::int64_t queries, std::int64_t keys) = 0;
};

// Scores that depend on the distance and the query, and what distances add to the values.
class RelativeScores : public torch::nn::Module {
 public:
  // The query as the keys meet it. q (B, N, Tq, H)
  virtual at::Tensor content_query(const at::Tensor& q) { return q; }
  // Added to q k^T before it is scaled: (B, N, Tq, Tk). ahead: keys later than the last query
  virtual at::Tensor scores(const at::Tensor& q, std::int64_t keys, std::int64_t ahead) = 0;
  // Added to the mixed values: (B, N, Tq, H); undefined: nothing. probabilities (B, N, Tq, Tk) after dropout
  virtual at::Tensor value_term(const at::Tensor& /*probabilities*/, std::int64_t /*ahead*/) { return {}; }
};

// What one layer does with positions; null where it does nothing.
struct LayerPositions {
  std::shared_ptr<Rotary> rotary;
  std::shared_ptr<DistanceBias> distance;
  std::shared_ptr<RelativeScores> relative;
};

// The scheme that adds to the embeddings, or null.
std::shared_ptr<InputPositions> make_input_positions(const PositionConfig& config, std::int64_t d_model);

struct PositionShape {
  std::int64_t d_model, heads, head_size;
  bool two_sided;  // keys behind the query are seen
};

// The schemes of the layers of a stack. Parts that layers share (T5's table, Transformer-XL's biases) belong to it, so
// that each name exists once; parts of one layer belong to the layer.
class StackPositions : public torch::nn::Module {
 public:
  explicit StackPositions(const PositionShape& shape) : shape_(shape) {}
  // Layers with equal buckets share a table of T5, all layers the biases of Transformer-XL.
  LayerPositions of_layer(const PositionConfig& config);

 private:
  // The part of this name, made where it is not there yet.
  template <class Shared, class... Arguments>
  std::shared_ptr<Shared> shared(const std::string& name, const Arguments&... arguments);

  PositionShape shape_;
};

}  // namespace attend
