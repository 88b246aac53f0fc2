// B batch, T length, D model.
#include "attend/models/block.h"

#include <torch/nn/modules/container/modulelist.h>
#include <torch/types.h>

#include <utility>

#include "attend/attention/build.h"
#include "attend/kernels/elementwise.h"
#include "attend/nn/feed_forward.h"
#include "attend/nn/recompute.h"

namespace attend {
namespace {

std::shared_ptr<Norm> make_norm(const ModelConfig& config) {
  return std::make_shared<Norm>(config.norm, config.d_model, config.norm_eps, config.bias);
}

AttentionUse self_use(StackPart stack) {
  return stack == StackPart::encoder ? AttentionUse::encoder_self : AttentionUse::decoder_self;
}

Sublayer self_attention(const ModelConfig& config, const LayerPlace& place, StackPositions& lent) {
  const bool encoder = place.stack == StackPart::encoder;
  const auto& position =
      encoder ? encoder_position_of(config, place.index) : decoder_position_of(config, place.index);
  const AttentionUse use = self_use(place.stack);
  auto mixer = make_mixer({config, attention_of(config, use, place.index), position, use, place}, lent);
  return {make_norm(config), std::move(mixer), nullptr, Site::after_self_attention, false};
}

Sublayer cross_attention(const ModelConfig& config, const LayerPlace& place, StackPositions& lent) {
  const AttentionUse use = AttentionUse::cross;
  const PositionConfig none = NoPositionOptions{};
  auto mixer = make_mixer({config, attention_of(config, use, place.index), none, use, place}, lent);
  return {make_norm(config), std::move(mixer), nullptr, Site::after_cross_attention, true};
}

Sublayer feed_forward(const ModelConfig& config, int layer) {
  return {make_norm(config), nullptr, std::make_shared<FeedForward>(config, layer), Site::after_feed_forward, false};
}

std::shared_ptr<Block> make_block(const ModelConfig& config, StackKind kind, std::int64_t index,
                                  StackPositions& positions) {
  auto block = std::make_shared<Block>();
  const LayerPlace place{kind == StackKind::encoder ? StackPart::encoder : StackPart::decoder, index};
  block->add("self_attention", self_attention(config, place, positions));
  if (kind == StackKind::decoder) block->add("cross_attention", cross_attention(config, place, positions));
  block->add("feed_forward", feed_forward(config, place.number()));
  return block;
}

std::vector<Mark> marks_of(const StackState* states) {
  std::vector<Mark> marks;
  if (!states) return marks;
  for (const auto& state : *states) marks.push_back(state->mark());
  return marks;
}

}  // namespace

void Block::add(const std::string& name, Sublayer sublayer) {
  register_module(name + "_norm", sublayer.norm);
  if (sublayer.mixer) register_module(name, sublayer.mixer);
  if (sublayer.positionwise) register_module(name, sublayer.positionwise);
  mixers_ += sublayer.mixer ? 1 : 0;
  sublayers_.push_back(std::move(sublayer));
}

Stack::Stack(const ModelConfig& config, StackKind kind)
    : pre_norm_(config.norm_position == NormPosition::pre),
      recompute_(config.recompute),
      dropout_(config.dropout),
      first_layer_(kind == StackKind::encoder ? 0 : kDecoderLayer) {
  const auto layers = kind == StackKind::encoder ? config.encoder_layers : config.decoder_layers;
  positions_ = register_module("positions", std::make_shared<StackPositions>(
      PositionShape{config.d_model, config.num_heads, *config.d_head, /*two_sided=*/kind == StackKind::encoder}));
  const auto list = register_module("layers", torch::nn::ModuleList());
  for (std::int64_t i = 0; i < layers; ++i) {
    blocks_.push_back(make_block(config, kind, i, *positions_));
    list->push_back(blocks_.back());
  }
  if (*config.final_norm) final_norm_ = register_module("final_norm", make_norm(config));
}

at::Tensor Stack::run(const Sublayer& sublayer, const at::Tensor& x, const StackInput& input, LayerState* state) const {
  if (sublayer.positionwise) return sublayer.positionwise->forward({x, input.real, input.context});
  const auto& mask = sublayer.cross ? input.cross_mask : input.self_mask;
  return sublayer.mixer->forward({x, sublayer.cross ? input.memory : at::Tensor(), mask, input.context, state});
}

at::Tensor Stack::run_block(std::size_t index, at::Tensor x, const StackInput& input) const {
  std::size_t mixer = index * blocks_[index]->mixers();
  for (const auto& sublayer : blocks_[index]->sublayers()) {
    LayerState* state = input.state && sublayer.mixer ? (*input.state)[mixer++].get() : nullptr;
    const auto dropout = input.context.dropout(dropout_, first_layer_ + static_cast<int>(index), sublayer.dropout_site);
    const auto compute = sublayer.mixer ? sublayer.mixer->compute_dtype() : sublayer.positionwise->compute_dtype();
    const auto read = pre_norm_ ? sublayer.norm->forward(x, compute) : x;
    x = kernels::add_dropout(x, run(sublayer, read, input, state), dropout);
    if (!pre_norm_) x = sublayer.norm->forward(x, x.scalar_type());
  }
  return x;
}

StackState Stack::state_at(const std::vector<Mark>& marks) const {
  if (marks.empty()) return {};
  auto states = make_state({});
  for (std::size_t i = 0; i < states.size(); ++i) states[i]->rollback(marks[i]);
  return states;
}

at::Tensor Stack::recompute_block(std::size_t index, const at::Tensor& x, const StackInput& input) const {
  // The first pass moves the caller's state on, and says which further terms of the loss there are; later passes have a
  // state of their own, from where that one stood. Masks and context are copied: backward comes when the caller's are
  // gone.
  std::vector<LossTerm> terms;
  const auto again = [this, index, self = input.self_mask, cross = input.cross_mask, context = input.context,
                      real = input.real, state = input.state, before = marks_of(input.state),
                      first = &terms](const std::vector<at::Tensor>& in) mutable {
    StackState earlier;
    auto* now = std::exchange(state, nullptr);
    if (!now && !before.empty()) {
      earlier = state_at(before);
      now = &earlier;
    }
    std::vector<LossTerm> own;
    auto here = context;
    if (here.auxiliary) here.auxiliary = &own;
    const auto memory = in.size() > 1 ? in[1] : at::Tensor();
    std::vector<at::Tensor> results{run_block(index, in[0], {in[0], memory, self, cross, here, now, real})};
    for (const auto& term : own) results.push_back(term.sum);
    if (auto* told = std::exchange(first, nullptr)) *told = std::move(own);
    return results;
  };
  std::vector<at::Tensor> inputs{x};
  if (input.memory.defined()) inputs.push_back(input.memory);
  auto weights = blocks_[index]->parameters();
  const auto shared = positions_->parameters();  // by all layers, and registered in none
  weights.insert(weights.end(), shared.begin(), shared.end());
  const auto results = recompute(again, inputs, weights);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    terms[i].sum = results[i + 1];
    input.context.auxiliary->push_back(terms[i]);
  }
  return results[0];
}

at::Tensor Stack::forward(const StackInput& input, at::ScalarType result) const {
  const bool again = recompute_ && input.context.training && at::GradMode::is_enabled();
  at::Tensor x = input.x;
  for (std::size_t i = 0; i < blocks_.size(); ++i) x = again ? recompute_block(i, x, input) : run_block(i, x, input);
  return final_norm_ ? final_norm_->forward(x, result) : x.to(result);
}

StackState Stack::make_state(const StateShape& shape) const {
  StackState states;
  for (const auto& block : blocks_)
    for (const auto& sublayer : block->sublayers())
      if (sublayer.mixer) states.push_back(sublayer.mixer->make_state(shape));
  return states;
}

}  // namespace attend
