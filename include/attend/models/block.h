// A stack of Transformer blocks. Blocks are data: a list of sublayers, each a norm and a mixer or a feed-forward layer;
// the stack owns the residual policy.
//   pre:  x = x + dropout(f(norm(x)))          post: x = norm(x + dropout(f(x)))
#pragma once

#include <memory>
#include <vector>

#include "attend/attention/mixer.h"
#include "attend/nn/feed_forward.h"
#include "attend/nn/norm.h"
#include "attend/position/position.h"

namespace attend {

// One residual branch. Exactly one of mixer and feed_forward is set.
struct Sublayer {
  std::shared_ptr<Norm> norm;
  std::shared_ptr<SequenceMixer> mixer;
  std::shared_ptr<FeedForward> feed_forward;
  Site dropout_site = Site::after_self_attention;
  bool cross = false;  // reads the memory
};

class Block : public torch::nn::Module {
 public:
  // Names in a block: self_attention, cross_attention, feed_forward and, for each, ..._norm.
  void add(const std::string& name, Sublayer sublayer);
  const std::vector<Sublayer>& sublayers() const { return sublayers_; }
  std::size_t mixers() const { return mixers_; }  // sublayers that mix positions; the same in every block of a stack

 private:
  std::vector<Sublayer> sublayers_;
  std::size_t mixers_ = 0;
};

// The states of one stack: one per mixer, in order.
using StackState = std::vector<std::unique_ptr<LayerState>>;

struct StackInput {
  at::Tensor x;       // (B, T, D)
  at::Tensor memory;  // (B, S, D), decoder only
  const AttentionMask& self_mask;
  const AttentionMask& cross_mask;
  const ForwardContext& context;
  StackState* state = nullptr;
};

enum class StackKind { encoder, decoder, decoder_only };  // the last one has no cross-attention

class Stack : public torch::nn::Module {
 public:
  Stack(const ModelConfig& config, StackKind kind);
  // (B, T, D) -> (B, T, D) with the final norm applied where there is one, as `result`.
  at::Tensor forward(const StackInput& input, at::ScalarType result);
  StackState make_state(const StateShape& shape) const;
  int layers() const { return static_cast<int>(blocks_.size()); }

 private:
  at::Tensor run(const Sublayer& sublayer, const at::Tensor& x, const StackInput& input, LayerState* state) const;
  at::Tensor run_block(std::size_t index, at::Tensor x, const StackInput& input) const;
  // States that stand where others stood; none where there are no marks.
  StackState state_at(const std::vector<Mark>& marks) const;
  // run_block, keeping x and memory alone for backward.
  at::Tensor recompute_block(std::size_t index, const at::Tensor& x, const StackInput& input) const;

  bool pre_norm_, recompute_;
  double dropout_;
  int first_layer_;  // in random draws
  std::shared_ptr<StackPositions> positions_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<Norm> final_norm_;
};

}  // namespace attend
