// The interfaces of position schemes. A scheme adds something to the embeddings of a stack, or it changes the queries,
// keys, scores and values of a layer.
//
// Positions count real tokens: padding, left or right, never shifts them. Schemes that act in a layer see differences
// alone, which padding does not change, so they count places. Query i of Tq stands at place Tk - Tq + i of the Tk keys
// or, with keys ahead of the last query, that many places before it.
// Legend: B batch, N heads, Tq queries, Tk keys, H head size, L = Tq + ahead + Tk - 1 distances.
#pragma once

#include <torch/nn/module.h>

#include <memory>

#include "attend/config/config.h"
#include "attend/nn/trained_module.h"
#include "attend/position/rotary.h"

namespace attend {

// A scheme that adds a vector to each embedding. It belongs to a stack.
class InputPositions : public TrainedModule {
 public:
  // Returns the rows of positions first .. first + length - 1: (length, D) in the dtype of the masters. DataError when
  // a learned table is too short.
  virtual at::Tensor rows(std::int64_t first, std::int64_t length) const = 0;
  // Returns the rows of positions (B, T): (B, T, D). DataError as above.
  virtual at::Tensor rows_at(const at::Tensor& positions) const = 0;
};

// A scheme that adds a bias to scores. The bias depends on the distance alone.
class DistanceBias : public TrainedModule {
 public:
  // Returns (N, L) float32 (float64 where the model is), with ahead 0. Element d + keys - 1 belongs to keys that stand
  // d behind the query.
  virtual at::Tensor values(std::int64_t queries, std::int64_t keys) const = 0;
};

// A scheme whose scores depend on the distance and the query. It may also add to the values.
class RelativeScores : public TrainedModule {
 public:
  // Returns the query that the keys meet. q is (B, N, Tq, H).
  virtual at::Tensor content_query(const at::Tensor& q) const { return q; }
  // Returns what is added to q k^T before it is scaled: (B, N, Tq, Tk). `ahead` is the number of keys later than the
  // last query.
  virtual at::Tensor scores(const at::Tensor& q, std::int64_t keys, std::int64_t ahead) const = 0;
  // Returns what is added to the mixed values: (B, N, Tq, H); undefined: nothing. probabilities is (B, N, Tq, Tk),
  // after dropout.
  virtual at::Tensor value_term(const at::Tensor& /*probabilities*/, std::int64_t /*ahead*/) const { return {}; }
};

// The schemes of one layer. A pointer is null where the layer has no scheme of this kind.
struct LayerPositions {
  std::shared_ptr<Rotary> rotary;
  std::shared_ptr<DistanceBias> distance;
  std::shared_ptr<RelativeScores> relative;
};

// Returns the scheme that adds to the embeddings, or null.
std::shared_ptr<InputPositions> make_input_positions(const PositionConfig& config, std::int64_t d_model);

struct PositionShape {
  std::int64_t d_model, heads, head_size;
  bool two_sided;  // true: queries see keys behind them
};

// Makes the schemes of the layers of a stack. Parts that layers share (T5's table, Transformer-XL's biases) belong to
// the stack, so that each name exists once; parts of one layer belong to the layer.
class StackPositions : public torch::nn::Module {
 public:
  explicit StackPositions(const PositionShape& shape) : shape_(shape) {}
  // Returns the schemes of a layer. Layers with the same buckets and max_distance share a table of T5; all layers share
  // the biases of Transformer-XL.
  LayerPositions of_layer(const PositionConfig& config);

 private:
  // Returns the part of this name. It is made where it does not exist yet.
  template <class Shared, class... Arguments>
  std::shared_ptr<Shared> shared(const std::string& name, const Arguments&... arguments);

  LayerPositions of(const SinusoidalOptions& options);
  LayerPositions of(const LearnedOptions& options);
  LayerPositions of(const ShawOptions& options);
  LayerPositions of(const T5Options& options);
  LayerPositions of(const XlOptions& options);
  LayerPositions of(const RopeOptions& options);
  LayerPositions of(const AlibiOptions& options);
  LayerPositions of(const NoPositionOptions& options);

  PositionShape shape_;
};

}  // namespace attend
