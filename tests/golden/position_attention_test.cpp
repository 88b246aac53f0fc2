// One layer of self-attention under every position scheme, windowed and linear, against
// tests/golden/positions.safetensors: scripts/goldens/position_attention.py computes it with whole T x T
// matrices.
#include <torch/types.h>

#include <algorithm>

#include "attend/attention/multi_head.h"
#include "tests/golden/golden.h"
#include "tests/support/options.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t D = 24, kHeads = 6, kHead = 8, T = 19, kMemory = 5;
const std::vector<std::int64_t> kLengths{19, 13};

const NamedTensors& golden() { return golden_tensors("positions"); }

struct Case {
  std::string name;
  std::int64_t kv_heads = 2, memory = 0;
  PositionConfig position = NoPositionOptions{};
  AttentionConfig attention = {};
};

Case shaw(const std::string& name, bool values) {
  return {"relative_shaw." + name, 2, 0, ShawOptions{3, values}};
}

Case t5() {
  T5Options options;
  options.buckets = 8;
  options.max_distance = 12;
  return {"relative_t5", 2, 0, options};
}

Case xl(const std::string& name, std::int64_t clamp, std::int64_t memory) {
  return {"relative_xl" + name, kHeads, memory, XlOptions{clamp}};
}

Case rope(const std::string& name, RopePairing pairing, double fraction) {
  RopeOptions options;
  options.pairing = pairing;
  options.fraction = fraction;
  return {"rope." + name, 2, 0, options};
}

Case turned_linear() {
  Case one = rope("linear", RopePairing::halves, 1);
  one.attention.choose(AttentionType::linear);
  return one;
}

Case attention(AttentionType type) {
  Case one{std::string(name_of(type)), 2, 0, NoPositionOptions{}, test::attention_of(type, 4)};
  if (type == AttentionType::full) one.name = "none";
  return one;
}

// Not every case exists in both directions.
std::vector<Case> all_cases(const std::string& side) {
  std::vector<Case> found;
  for (const Case& one :
       {attention(AttentionType::full), attention(AttentionType::sliding_window),
        attention(AttentionType::linear), Case{"alibi", 2, 0, AlibiOptions{}}, t5(),
        shaw("keys", false), shaw("values", true), xl("", 0, 0), xl(".clamp", 4, 0),
        xl(".memory", 0, kMemory), rope("halves", RopePairing::halves, 1),
        rope("interleaved", RopePairing::interleaved, 1), rope("half", RopePairing::halves, 0.5),
        turned_linear()})
    if (golden().count("attention/" + one.name + "." + side)) found.push_back(one);
  return found;
}

// A layer, and what it borrows from its stack.
struct Layer {
  std::shared_ptr<StackPositions> stack;
  std::shared_ptr<SelfAttention> attention;
};

Layer layer_of(const Case& wanted, bool causal, at::ScalarType type) {
  Layer layer{std::make_shared<StackPositions>(PositionShape{D, kHeads, kHead, !causal}), nullptr};
  const HeadShape shape{D, kHeads, wanted.kv_heads, kHead, false, false};
  const auto positions = layer.stack->of_layer(wanted.position);
  layer.attention = std::make_shared<SelfAttention>(
      shape, AttentionSite{}, make_mechanism({kHeads, wanted.kv_heads, kHead}, wanted.attention), positions);
  for (torch::nn::Module* module : {static_cast<torch::nn::Module*>(layer.stack.get()),
                                    static_cast<torch::nn::Module*>(layer.attention.get())}) {
    module->to(type);
    fill_by_name(*module);
  }
  return layer;
}

struct Given {
  at::Tensor x, real;  // (2, T, D), (2, T) bool
};

Given given(bool left, at::ScalarType type) {
  Given result{16 * pattern("x", {2, T, D}).to(type), torch::zeros({2, T}, torch::kBool)};
  for (std::int64_t row = 0; row < 2; ++row) {
    const std::int64_t length = kLengths[static_cast<std::size_t>(row)], first = left ? T - length : 0;
    result.real[row].slice(0, first, first + length).fill_(true);
    if (left) result.x[row] = result.x[row].roll(first, 0);
  }
  return result;
}

at::Tensor outputs(const Case& wanted, bool causal, bool left, at::ScalarType type) {
  const torch::NoGradGuard no_grad;
  const Layer layer = layer_of(wanted, causal, type);
  const Given input = given(left, type);
  ForwardContext context;
  AttentionMask mask;
  mask.causal = causal;
  std::unique_ptr<LayerState> state;
  if (wanted.memory) {
    state = layer.attention->make_state(StateShape{2});
    layer.attention->forward(
        {16 * pattern("memory", {2, wanted.memory, D}).to(type), {}, mask, context, state.get()});
  }
  mask.key_valid = input.real;
  return layer.attention->forward({input.x, {}, mask, context, state.get()}).index({input.real});
}

// How many of the file's attentions were met.
std::ptrdiff_t compare(at::ScalarType type, double tolerance) {
  std::ptrdiff_t met = 0;
  for (const bool causal : {true, false}) {
    const std::string side = causal ? "causal" : "two_sided";
    for (const Case& wanted : all_cases(side)) {
      ++met;
      const at::Tensor& expected = golden().at("attention/" + wanted.name + "." + side);
      for (const bool left : {false, true}) {
        if (wanted.memory && left) continue;  // padding would stand between the memory and its continuation
        INFO(wanted.name << " " << side << (left ? ", padding left" : ", padding right"));
        CHECK(apart(outputs(wanted, causal, left, type), expected) <= tolerance);
      }
    }
  }
  return met;
}

}  // namespace

TEST_CASE("golden: attention under each position scheme is its formula, whatever the side of padding") {
  const auto known = std::count_if(golden().begin(), golden().end(),
                                   [](const auto& item) { return item.first.starts_with("attention/"); });
  CHECK(compare(torch::kFloat64, 2e-6) == known);
  CHECK(compare(torch::kFloat32, 2e-5) == known);
}
