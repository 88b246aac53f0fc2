// A stack of Transformer blocks. A block is data: a list of sublayers, each with a norm and either a mixer or a
// position-wise layer. The stack owns the residual policy:
//   pre:  x = x + dropout(f(norm(x)))          post: x = norm(x + dropout(f(x)))
#pragma once

#include <memory>
#include <vector>

#include "attend/attention/mixer.h"
#include "attend/nn/positionwise.h"
#include "attend/nn/norm.h"
#include "attend/position/position.h"

namespace attend {

// One residual branch. Exactly one of mixer and positionwise is set.
struct Sublayer {
  std::shared_ptr<Norm> norm;
  std::shared_ptr<SequenceMixer> mixer;
  std::shared_ptr<Positionwise> positionwise;
  Site dropout_site = Site::after_self_attention;
  bool cross = false;  // true: the mixer reads the memory
};

class Block : public torch::nn::Module {
 public:
  // Appends a sublayer. The names in a block are self_attention, cross_attention and feed_forward; the norm of NAME is
  // NAME_norm.
  void add(const std::string& name, Sublayer sublayer);
  const std::vector<Sublayer>& sublayers() const { return sublayers_; }
  // Returns the number of sublayers that mix positions. It is the same in every block of a stack.
  std::size_t mixers() const { return mixers_; }

 private:
  std::vector<Sublayer> sublayers_;
  std::size_t mixers_ = 0;
};

// The states of one stack, one for each mixer, in order.
using StackState = std::vector<std::unique_ptr<LayerState>>;

struct StackInput {
  at::Tensor x;       // (B, T, D)
  at::Tensor memory;  // (B, S, D), read by a decoder only
  const AttentionMask& self_mask;
  const AttentionMask& cross_mask;
  const ForwardContext& context;
  StackState* state = nullptr;
  at::Tensor real;  // (B, T) bool, false at padding of x; undefined where every place is real
};

enum class StackKind { encoder, decoder, decoder_only };  // the last one has no cross-attention

class Stack : public torch::nn::Module {
 public:
  Stack(const ModelConfig& config, StackKind kind);
  // Returns (B, T, D) as `result`, with the final norm applied where there is one.
  at::Tensor forward(const StackInput& input, at::ScalarType result) const;
  // Returns the empty states of all mixers for decoding.
  StackState make_state(const StateShape& shape) const;
  int layers() const { return static_cast<int>(blocks_.size()); }

 private:
  at::Tensor run(const Sublayer& sublayer, const at::Tensor& x, const StackInput& input, LayerState* state) const;
  at::Tensor run_block(std::size_t index, at::Tensor x, const StackInput& input) const;
  // Returns new states that stand where those stood from which the marks come; none where there are no marks.
  StackState state_at(const std::vector<Mark>& marks) const;
  // Does what run_block does, but keeps only x and memory for backward.
  at::Tensor recompute_block(std::size_t index, const at::Tensor& x, const StackInput& input) const;

  bool pre_norm_, recompute_;
  double dropout_;
  int first_layer_;  // number of the first layer in random draws
  std::shared_ptr<StackPositions> positions_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<Norm> final_norm_;
};

}  // namespace attend
