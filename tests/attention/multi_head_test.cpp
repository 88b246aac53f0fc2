// Laws of attention on the mixers, over every attention type and use.
// B batch, T length of x, S length of the memory, D model, N heads, M kv heads, H head size.
#include "attend/attention/multi_head.h"

#include <torch/nn/module.h>

#include "tests/kernels/compare.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t D = 24, S = 9;

struct Case {
  AttentionType type;
  AttentionUse use;
};

std::vector<Case> cases(bool self_only = false) {
  std::vector<Case> all;
  for (const auto& row : kAttentionAbilities) {
    if (row.self_bidirectional) all.push_back({row.type, AttentionUse::encoder_self});
    if (row.self_causal) all.push_back({row.type, AttentionUse::decoder_self});
    if (row.cross && !self_only) all.push_back({row.type, AttentionUse::cross});
  }
  return all;
}

struct Setup {
  std::int64_t heads = 6, kv_heads = 2;
  AttentionImplementation implementation = AttentionImplementation::automatic;
  double dropout = 0;
};

// Weights are a pure function of their order and shape; no biases, so that nothing seen gives zeros.
std::shared_ptr<SequenceMixer> make_mixer(const Case& c, const Setup& setup = {}) {
  const HeadShape shape{D, setup.heads, setup.kv_heads, D / setup.heads, false, false};
  auto mechanism = make_mechanism({c.type, setup.implementation});
  std::shared_ptr<SequenceMixer> mixer;
  if (c.use == AttentionUse::cross) {
    mixer = std::make_shared<CrossAttention>(shape, AttentionSite{1, Site::cross_attention, setup.dropout}, mechanism);
  } else {
    mixer = std::make_shared<SelfAttention>(shape, AttentionSite{1, Site::self_attention, setup.dropout}, mechanism);
  }
  torch::manual_seed(5);
  torch::NoGradGuard no_grad;
  for (auto& weight : mixer->parameters()) weight.normal_(0.0, 0.3);
  return mixer;
}

struct Given {
  at::Tensor x, memory;
  at::Tensor key_valid;  // of x, or of the memory in cross-attention
  ForwardContext context;
};

// Whatever is read with `key_valid`: the memory, or x itself.
at::Tensor& keys_of(Given& given, const Case& c) { return c.use == AttentionUse::cross ? given.memory : given.x; }

Given make_given(std::int64_t rows, std::int64_t length, std::int64_t memory = S) {
  torch::manual_seed(11);
  return {torch::randn({rows, length, D}), torch::randn({rows, memory, D}), {}, {}};
}

at::Tensor run(SequenceMixer& mixer, const Case& c, const Given& given, LayerState* state = nullptr) {
  AttentionMask mask;
  mask.causal = c.use == AttentionUse::decoder_self;
  mask.key_valid = given.key_valid;
  return mixer.forward({given.x, c.use == AttentionUse::cross ? given.memory : at::Tensor(), mask, given.context, state});
}

}  // namespace

TEST_CASE("attention: later tokens change nothing before them in a causal layer") {
  const Case c{AttentionType::full, AttentionUse::decoder_self};
  const auto mixer = make_mixer(c);
  Given given = make_given(2, 13);
  const auto whole = run(*mixer, c, given);
  for (const std::int64_t t : {1, 6, 12}) {
    Given other = given;
    other.x = given.x.clone();
    other.x.narrow(1, t, 13 - t).normal_();
    REQUIRE(difference(run(*mixer, c, other).narrow(1, 0, t), whole.narrow(1, 0, t)) <= 1e-6);
  }
}

TEST_CASE("attention: padding on either side changes no real output and gets no gradient") {
  for (const Case& c : cases()) {
    for (const bool left : {false, true}) {
      INFO(static_cast<int>(c.use) << (left ? " left" : " right"));
      const auto mixer = make_mixer(c);
      Given given = make_given(2, 7);
      const auto plain = run(*mixer, c, given);
      const auto keys = keys_of(given, c);
      const auto junk = torch::randn({2, 3, D}) * 10;
      const auto longer = (left ? torch::cat({junk, keys}, 1) : torch::cat({keys, junk}, 1)).requires_grad_(true);
      const std::int64_t length = keys.size(1), first = left ? 3 : 0, padding = left ? 0 : length;
      keys_of(given, c) = longer;
      given.key_valid = torch::ones({2, length + 3}, torch::kBool);
      given.key_valid.narrow(1, padding, 3).fill_(false);
      const auto out = run(*mixer, c, given);
      const auto real = c.use == AttentionUse::cross ? out : out.narrow(1, first, length);
      REQUIRE(difference(real, plain) <= 1e-5);
      const auto gradient = torch::autograd::grad({(real * torch::randn(real.sizes())).sum()}, {longer})[0];
      REQUIRE(gradient.narrow(1, padding, 3).eq(0).all().item<bool>());
      REQUIRE(gradient.narrow(1, first, length).ne(0).any().item<bool>());
    }
  }
}

TEST_CASE("attention: a row that sees nothing gives zeros and no gradient") {
  for (const Case& c : cases()) {
    for (const auto implementation : {AttentionImplementation::fused, AttentionImplementation::reference}) {
      Setup setup;
      setup.implementation = implementation;
      const auto mixer = make_mixer(c, setup);
      Given given = make_given(3, 5);
      given.x.requires_grad_(true);
      given.key_valid = torch::ones({3, keys_of(given, c).size(1)}, torch::kBool);
      given.key_valid[1].fill_(false);
      const auto out = run(*mixer, c, given);
      REQUIRE(out[1].eq(0).all().item<bool>());
      const auto gradient = torch::autograd::grad({out.square().sum()}, {given.x})[0];
      REQUIRE(gradient.isfinite().all().item<bool>());
      REQUIRE(gradient[1].eq(0).all().item<bool>());
      REQUIRE(gradient[0].ne(0).any().item<bool>());
    }
  }
}

TEST_CASE("attention: the fused kernel equals plain operations at every length, values and gradients") {
  for (const Case& c : cases()) {
    for (const std::int64_t length : {1, 2, 17, 67}) {
      Setup plain;
      plain.implementation = AttentionImplementation::reference;
      const auto fast = make_mixer(c), slow = make_mixer(c, plain);
      Given given = make_given(2, length, length == 17 ? 1 : 31);  // Tq != Tk in cross-attention
      given.key_valid = torch::ones({2, keys_of(given, c).size(1)}, torch::kBool);
      given.key_valid[0][-1] = keys_of(given, c).size(1) == 1;
      INFO("use " << static_cast<int>(c.use) << ", length " << length);
      const auto with = [&](const std::shared_ptr<SequenceMixer>& mixer) {
        return [&, mixer](const std::vector<at::Tensor>& inputs) {
          Given other = given;
          other.x = inputs[0];
          if (c.use == AttentionUse::cross) other.memory = inputs[1];
          return run(*mixer, c, other);
        };
      };
      std::vector<at::Tensor> inputs{given.x.requires_grad_(true)};
      if (c.use == AttentionUse::cross) inputs.push_back(given.memory.requires_grad_(true));
      require_same(with(fast), with(slow), inputs, 2e-5);
    }
  }
}

TEST_CASE("attention: grouped and multi-query heads equal full heads with repeated weights") {
  const auto [heads, kv_heads] = GENERATE(std::pair<std::int64_t, std::int64_t>{6, 2}, std::pair<std::int64_t, std::int64_t>{4, 1});
  for (const Case& c : cases()) {
    const std::int64_t H = D / heads;
    const auto grouped = make_mixer(c, {heads, kv_heads}), full = make_mixer(c, {heads, heads});
    const auto repeat = [&](const at::Tensor& rows) {
      return rows.view({kv_heads, 1, H, D}).expand({kv_heads, heads / kv_heads, H, D}).reshape({D, D});
    };
    torch::NoGradGuard no_grad;
    const auto from = grouped->named_parameters();
    for (auto& item : full->named_parameters()) {
      const auto& weight = from[item.key()];
      const std::int64_t q = item.key() == "qkv.weight" ? D : 0, kv = kv_heads * H;
      if (item.key() == "qkv.weight" || item.key() == "kv.weight") {
        item.value().copy_(torch::cat({weight.narrow(0, 0, q), repeat(weight.narrow(0, q, kv)), repeat(weight.narrow(0, q + kv, kv))}));
      } else {
        item.value().copy_(weight);
      }
    }
    const Given given = make_given(2, 7);
    REQUIRE(difference(run(*grouped, c, given), run(*full, c, given)) <= 1e-5);
  }
}

TEST_CASE("attention: an output does not depend on its neighbours in the batch") {
  for (const Case& c : cases()) {
    const auto mixer = make_mixer(c);
    const Given given = make_given(5, 7);
    const auto together = run(*mixer, c, given);
    for (std::int64_t row = 0; row < 5; ++row) {
      const Given alone{given.x.narrow(0, row, 1), given.memory.narrow(0, row, 1), {}, {}};
      REQUIRE(difference(run(*mixer, c, alone), together.narrow(0, row, 1)) <= 1e-5);
    }
  }
}

TEST_CASE("attention: a layer that takes tokens in pieces equals a whole pass, also after a rollback") {
  torch::NoGradGuard no_grad;
  const std::int64_t piece = GENERATE(1, 3, 7);
  for (const Case& c : {Case{AttentionType::full, AttentionUse::decoder_self}, Case{AttentionType::full, AttentionUse::cross}}) {
    const auto mixer = make_mixer(c);
    const Given given = make_given(3, 14);
    const auto whole = run(*mixer, c, given);
    const auto state = mixer->make_state({3, 1, 2});
    for (std::int64_t t = 0; t < 14; t += piece) {
      Given part = given;
      part.x = given.x.narrow(1, t, std::min(piece, 14 - t));
      const Mark mark = state->mark();
      Given wrong = part;
      wrong.x = torch::randn({3, 2, D});
      run(*mixer, c, wrong, state.get());
      state->rollback(mark);
      REQUIRE(difference(run(*mixer, c, part, state.get()), whole.narrow(1, t, part.x.size(1))) <= 1e-5);
    }
    REQUIRE(state->bytes() > 0);
  }
}

TEST_CASE("attention: a rollback after hypotheses have moved leaves each with its own past") {
  for (const Case& c : cases(true)) {
    if (c.use != AttentionUse::decoder_self) continue;
    const auto mixer = make_mixer(c);
    const Given given = make_given(3, 9);
    const auto piece = [&](std::int64_t first, std::int64_t count, const at::Tensor& rows) {
      Given part = given;
      part.x = given.x.narrow(1, first, count).index_select(0, rows);
      return part;
    };
    const auto all = torch::tensor({0, 1, 2}, torch::kLong), moved = torch::tensor({2, 0, 0}, torch::kLong);
    const auto state = mixer->make_state({3, 1, 2});
    run(*mixer, c, piece(0, 3, all), state.get());
    state->reorder(moved);
    const Mark mark = state->mark();
    run(*mixer, c, piece(5, 4, all), state.get());  // tried in vain, past the capacity
    state->rollback(mark);
    Given whole = given;
    whole.x = given.x.index_select(0, moved);
    REQUIRE(difference(run(*mixer, c, piece(3, 6, moved), state.get()), run(*mixer, c, whole).narrow(1, 3, 6)) <= 1e-5);
  }
}

TEST_CASE("attention: a recorder gets the weights of the layers it wants, and changes no result") {
  class Recorder final : public AttentionRecorder {
   public:
    explicit Recorder(int layer) : layer_(layer) {}
    bool wants(int layer, Site) const override { return layer == layer_; }
    void take(int, Site, const at::Tensor& weights) override { taken.push_back(weights); }
    std::vector<at::Tensor> taken;

   private:
    int layer_;
  };
  for (const Case& c : cases()) {
    const auto mixer = make_mixer(c);
    Given given = make_given(2, 7);
    const auto keys = keys_of(given, c).size(1);
    given.key_valid = torch::ones({2, keys}, torch::kBool);
    given.key_valid.narrow(1, keys - 2, 2).fill_(false);
    const auto plain = run(*mixer, c, given);
    Recorder recorder(1), other(2);
    given.context.recorder = &recorder;
    REQUIRE(difference(run(*mixer, c, given), plain) <= 1e-6);
    given.context.recorder = &other;
    run(*mixer, c, given);
    REQUIRE(other.taken.empty());

    REQUIRE(recorder.taken.size() == 1);
    const auto& weights = recorder.taken.front();
    REQUIRE(weights.sizes() == at::IntArrayRef({2, 6, 7, keys}));
    REQUIRE(difference(weights.sum(-1), torch::ones({2, 6, 7})) <= 1e-5);
    REQUIRE(weights.ge(0).all().item<bool>());
    REQUIRE(weights.narrow(3, keys - 2, 2).eq(0).all().item<bool>());
    if (c.use == AttentionUse::decoder_self) REQUIRE(weights.triu(1).eq(0).all().item<bool>());
  }
}

TEST_CASE("attention: bfloat16 costs the fused kernel at most twice the error of plain operations") {
  torch::NoGradGuard no_grad;
  for (const Case& c : cases()) {
    Setup plain;
    plain.implementation = AttentionImplementation::reference;
    Given given = make_given(4, 31, 37);
    const auto exact = [&] {
      const auto mixer = make_mixer(c, plain);
      mixer->to(at::kDouble);
      return run(*mixer, c, {given.x.to(at::kDouble), given.memory.to(at::kDouble), {}, {}});
    }();
    const auto error = [&](const Setup& setup) {
      const auto mixer = make_mixer(c, setup);
      cast_working_copies(*mixer, at::kBFloat16);
      const auto out = run(*mixer, c, given);
      REQUIRE(out.scalar_type() == at::kBFloat16);
      return (out.to(at::kDouble) - exact).norm().item<double>();
    };
    REQUIRE(error({}) <= 2 * error(plain));
  }
}

TEST_CASE("attention: dropout is a pure function of its key") {
  for (const Case& c : cases()) {
    Setup setup;
    setup.dropout = 0.4;
    const auto mixer = make_mixer(c, setup);
    Given given = make_given(2, 7);
    given.context.training = true;
    given.context.draws = {3, 1, 0};
    const auto once = run(*mixer, c, given);
    REQUIRE(torch::equal(run(*mixer, c, given), once));
    given.context.draws.step = 2;
    REQUIRE_FALSE(torch::equal(run(*mixer, c, given), once));
    given.context.training = false;
    REQUIRE(torch::equal(run(*mixer, c, given), run(*make_mixer(c), c, given)));
  }
}
