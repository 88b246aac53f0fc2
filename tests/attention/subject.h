// What the laws are about: a layer of every attention type, in every use, under every position scheme, and an oracle
// that computes the same from the definitions with nothing but a boolean mask.
// B batch, T length of x, S length of the memory, D model, N heads, M kv heads, H head size.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>

#include "attend/attention/build.h"
#include "attend/core/error.h"
#include "tests/kernels/compare.h"
#include "tests/support/options.h"
#include "tests/support/test.h"

namespace attend::test {

inline constexpr std::int64_t kModel = 24, kMemory = 9;

struct LawCase {
  AttentionType type;
  AttentionUse use;
  PositionType position;
  AttentionAbilities abilities() const { return abilities_of(type); }
  bool causal() const { return use == AttentionUse::decoder_self; }
  bool cross() const { return use == AttentionUse::cross; }
  std::string name() const {
    const char* uses[] = {"encoder", "decoder", "cross"};
    return concat(name_of(type), " ", uses[static_cast<int>(use)], " ", name_of(position));
  }
};

// Every combination that the config allows. In cross-attention no scheme acts.
inline std::vector<LawCase> law_cases() {
  std::vector<LawCase> all;
  for (const auto type : values_of<AttentionType>())
    for (const auto position : values_of<PositionType>()) {
      const auto abilities = abilities_of(type);
      if (!takes(abilities, kind_of(position))) continue;
      if (abilities.self_bidirectional) all.push_back({type, AttentionUse::encoder_self, position});
      if (abilities.self_causal) all.push_back({type, AttentionUse::decoder_self, position});
      if (abilities.cross && position == PositionType::none) all.push_back({type, AttentionUse::cross, position});
    }
  return all;
}

struct LawSetup {
  std::int64_t heads = 6, kv_heads = 2, window = 5;
  AttentionImplementation implementation = AttentionImplementation::automatic;
  QkNorm qk_norm = QkNorm::none;
  double softcap = 0;
  bool oracle = false;
  double weight_std = 0.3;
  double dropout = 0;
  std::int64_t memory_length = 0;
  FeatureMap feature_map = FeatureMap::elu;
  std::int64_t max_length = 4096;  // of learned positions
};

inline at::Tensor distances_of(std::int64_t queries, std::int64_t keys) {
  return torch::arange(keys).unsqueeze(0) - torch::arange(keys - queries, keys).unsqueeze(1);
}

// The definitions, one matrix of queries by keys, no kernel: softmax, or phi(q) . phi(k), under a boolean mask.
class Oracle final : public AttentionMechanism {
 public:
  Oracle(const AttentionConfig& config) : config_(config) {}
  bool turns_features() const override { return config_.type() == AttentionType::linear; }
  std::unique_ptr<LayerState> make_state(const StateShape&, AttentionUse) const override { return nullptr; }
  AttentionOutput forward(const AttentionInput& in) const override {
    const auto q = in.heads.q();
    const auto N = q.size(1), Tq = q.size(2), Tk = in.heads.k().size(2);
    const auto group = [&](const at::Tensor& x) { return x.repeat_interleave(N / x.size(1), 1); };
    const auto k = group(in.heads.k()), v = group(in.heads.v());
    const auto distance = distances_of(Tq, Tk);
    auto visible = torch::ones({q.size(0), 1, Tq, Tk}, torch::kBool);
    if (in.mask.key_valid.defined()) visible = visible.logical_and(in.mask.key_valid.unsqueeze(1).unsqueeze(1));
    if (in.mask.causal) visible = visible.logical_and(distance <= 0);
    if (const auto* window = config_.find<SlidingWindowOptions>())
      visible = visible.logical_and(distance.abs() < window->window);
    if (in.mask.segments.defined())
      visible = visible.logical_and((in.mask.segments.unsqueeze(2) == in.mask.segments.unsqueeze(1)).unsqueeze(1));
    if (const auto* linear = config_.find<LinearOptions>()) {
      const bool elu = linear->feature_map == FeatureMap::elu;
      const auto phi = [&](const at::Tensor& x) {
        return elu ? torch::where(x > 0, x + 1, torch::exp(x)) : x.clamp_min(0) + 1e-3;
      };
      const auto weights = torch::matmul(phi(q), phi(k).transpose(2, 3)) * visible;
      const auto turn = [&](const at::Tensor& x) {
        const auto rows = x.transpose(1, 2).flatten(2);
        return in.rotary ? in.rotary->turn(rows, N, 0).unflatten(2, {N, x.size(3)}).transpose(1, 2) : x;
      };
      const auto turned = torch::matmul(turn(phi(q)), turn(phi(k)).transpose(2, 3)) * visible;
      return {torch::matmul(turned, v) / (weights.sum(-1, true) + 1e-6), {}, {}};
    }
    auto scores = torch::matmul(in.relative ? in.relative->content_query(q) : q, k.transpose(2, 3)) * in.scale;
    if (const auto* full = config_.find<FullOptions>(); full && full->softcap > 0)
      scores = full->softcap * torch::tanh(scores / full->softcap);
    if (in.distance) {
      const auto values = in.distance->values(Tq, Tk);
      scores =
          scores + values.index_select(1, (distance + Tk - 1).reshape({-1})).view({1, N, Tq, Tk}).to(q.scalar_type());
    }
    if (in.relative) scores = scores + (in.relative->scores(q, Tk, 0) * in.scale).to(q.scalar_type());
    scores = scores.masked_fill(~visible, -1e30);
    const auto kept = torch::exp(scores - scores.amax({-1}, true).detach()) * visible;
    const auto weights = kept / kept.sum(-1, true).clamp_min(1e-30);
    auto out = torch::matmul(weights, v);
    if (in.relative)
      if (const auto more = in.relative->value_term(weights, 0); more.defined()) out = out + more.to(out.scalar_type());
    return {out, {}, {}};
  }

 private:
  AttentionConfig config_;
};

// A mixer with its scheme of positions; input schemes are added to x.
struct Subject {
  LawCase c;
  std::shared_ptr<StackPositions> stack;
  std::shared_ptr<InputPositions> input;
  std::shared_ptr<SequenceMixer> mixer;

  std::vector<at::Tensor> parameters() const {
    auto all = mixer->parameters();
    for (const auto& p : stack->parameters()) all.push_back(p);
    return all;
  }
  void to(at::ScalarType type) {
    mixer->to(type);
    stack->to(type);
    if (input) input->to(type);
  }
};

inline PositionConfig law_position(PositionType type, std::int64_t max_length) {
  PositionConfig position = position_of(type, max_length);
  if (auto* shaw = position.find<ShawOptions>()) shaw->max_distance = 4;
  if (auto* t5 = position.find<T5Options>()) t5->max_distance = 20, t5->buckets = 8;
  return position;
}

inline AttentionConfig law_attention(AttentionType type, const LawSetup& setup) {
  AttentionConfig config = attention_of(type, setup.window);
  if (auto* full = config.find<FullOptions>()) *full = {setup.implementation, setup.softcap};
  if (auto* linear = config.find<LinearOptions>()) linear->feature_map = setup.feature_map;
  return config;
}

// A model that has nothing but the layer: no biases, so that nothing seen gives zeros.
inline ModelConfig law_model(const LawSetup& setup) {
  ModelConfig model;
  model.d_model = kModel;
  model.num_heads = setup.heads;
  model.num_kv_heads = setup.kv_heads;
  model.d_head = kModel / setup.heads;
  model.bias = false;
  model.qkv_bias = false;
  model.attention_dropout = setup.dropout;
  model.memory_length = setup.memory_length;
  return model;
}

// Weights are a pure function of their order and shape.
inline Subject make_subject(const LawCase& c, const LawSetup& setup = {}) {
  const ModelConfig model = law_model(setup);
  AttentionConfig attention = law_attention(c.type, setup);
  attention.qk_norm = setup.qk_norm;
  const auto position = law_position(c.position, setup.max_length);
  const LayerPlace place{StackPart::encoder, 1};
  Subject subject{
      c, std::make_shared<StackPositions>(PositionShape{kModel, setup.heads, kModel / setup.heads, !c.causal()}),
      c.cross() ? nullptr : make_input_positions(position, kModel), nullptr};
  const MixerPlan plan{model, attention, position, c.use, place};
  subject.mixer = setup.oracle ? make_mixer(plan, *subject.stack, std::make_shared<Oracle>(attention))
                               : make_mixer(plan, *subject.stack);
  torch::manual_seed(5);
  torch::NoGradGuard no_grad;
  for (auto& weight : subject.parameters()) weight.normal_(0.0, setup.weight_std);
  if (subject.input)
    for (auto& weight : subject.input->parameters()) weight.normal_(0.0, setup.weight_std);
  return subject;
}

struct Given {
  at::Tensor x, memory;
  at::Tensor key_valid = {};  // of x, or of the memory in cross-attention
  at::Tensor segments = {};
  at::Tensor positions = {};  // of x, (B, T): counts of real tokens; undefined: the places from the state's length on
  ForwardContext context = {};
};

// Whatever is read with `key_valid`: the memory, or x itself.
inline at::Tensor& keys_of(Given& given, const LawCase& c) { return c.cross() ? given.memory : given.x; }

inline Given make_given(std::int64_t rows, std::int64_t length, std::int64_t memory = kMemory) {
  torch::manual_seed(11);
  return {torch::randn({rows, length, kModel}), torch::randn({rows, memory, kModel})};
}

inline at::Tensor run(const Subject& subject, const Given& given, LayerState* state = nullptr) {
  AttentionMask mask;
  mask.causal = subject.c.causal();
  mask.key_valid = given.key_valid;
  mask.segments = given.segments;
  auto x = given.x;
  if (subject.input) {
    const bool counted = given.key_valid.defined() && !given.positions.defined();
    const auto positions = counted ? (given.key_valid.cumsum(1) - 1).clamp_min(0) : given.positions;
    x = x + (positions.defined() ? subject.input->rows_at(positions)
                                 : subject.input->rows(state ? state->length() : 0, x.size(1)))
                .to(x.scalar_type());
  }
  return subject.mixer->forward({x, subject.c.cross() ? given.memory : at::Tensor(), mask, given.context, state});
}

}  // namespace attend::test
