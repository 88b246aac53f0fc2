// The multi-head shell: grouped heads, recorders, dropout, norms of queries and keys. The laws are in laws_test.cpp.
// B batch, T length of x, S length of the memory, D model, N heads, M kv heads, H head size.
#include "tests/attention/subject.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t D = kModel;

// Where probabilities exist: to be recorded, and to be dropped.
std::vector<LawCase> with_weights() {
  std::vector<LawCase> all;
  for (const auto& c : law_cases())
    if (c.abilities().weights) all.push_back(c);
  return all;
}

}  // namespace

TEST_CASE("attention: a token that sees itself alone gets its value from linear attention, however rope is scaled") {
  const auto linear = make_mechanism({2, 2, 8}, attention_config(AttentionType::linear));
  for (const auto& scaling : RopeScalingConfig::kRows) {
    INFO(scaling.name);
    RopeOptions rope;
    rope.scaling.choose(scaling.value);
    std::visit(
        [](auto& chosen) {
          if constexpr (requires { chosen.factor; }) chosen.factor = 4;
        },
        rope.scaling.options);
    const Rotary rotary(rope, 8);
    const auto random = [] { return torch::randn({1, 2, 1, 8}); };
    AttentionMask mask;
    mask.causal = true;
    AttentionInput input{{random(), random(), random()}, mask};
    input.rotary = &rotary;
    REQUIRE(difference(linear->forward(input).out, input.heads.v()) <= 1e-5);
  }
}

TEST_CASE("attention: grouped and multi-query heads equal full heads with repeated weights") {
  const auto [heads, kv_heads] =
      GENERATE(std::pair<std::int64_t, std::int64_t>{6, 2}, std::pair<std::int64_t, std::int64_t>{4, 1});
  for (const LawCase& c : law_cases()) {
    if (c.position != PositionType::none) continue;
    const std::int64_t H = D / heads;
    const auto grouped = make_subject(c, {heads, kv_heads}).mixer, full = make_subject(c, {heads, heads}).mixer;
    const auto repeat = [&](const at::Tensor& rows) {
      return rows.view({kv_heads, 1, H, D}).expand({kv_heads, heads / kv_heads, H, D}).reshape({D, D});
    };
    torch::NoGradGuard no_grad;
    const auto from = grouped->named_parameters();
    for (auto& item : full->named_parameters()) {
      const auto& weight = from[item.key()];
      const std::int64_t q = item.key() == "qkv.weight" ? D : 0, kv = kv_heads * H;
      if (item.key() == "qkv.weight" || item.key() == "kv.weight") {
        item.value().copy_(torch::cat(
            {weight.narrow(0, 0, q), repeat(weight.narrow(0, q, kv)), repeat(weight.narrow(0, q + kv, kv))}));
      } else {
        item.value().copy_(weight);
      }
    }
    const Given given = make_given(2, 7);
    Subject one = make_subject(c), other = make_subject(c);
    one.mixer = grouped;
    other.mixer = full;
    REQUIRE(difference(run(one, given), run(other, given)) <= 1e-5);
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
  for (const LawCase& c : with_weights()) {
    const auto subject = make_subject(c);
    Given given = make_given(2, 7);
    const auto keys = keys_of(given, c).size(1);
    given.key_valid = torch::ones({2, keys}, torch::kBool);
    given.key_valid.narrow(1, keys - 2, 2).fill_(false);
    const auto plain = run(subject, given);
    Recorder recorder(1), other(2);
    given.context.recorder = &recorder;
    REQUIRE(difference(run(subject, given), plain) <= 1e-6);
    given.context.recorder = &other;
    run(subject, given);
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

TEST_CASE("attention: dropout is a pure function of its key") {
  for (const LawCase& c : with_weights()) {
    LawSetup setup;
    setup.dropout = 0.4;
    const auto subject = make_subject(c, setup);
    Given given = make_given(2, 7);
    given.context.training = true;
    given.context.draws = {3, 1, 0};
    const auto once = run(subject, given);
    REQUIRE(torch::equal(run(subject, given), once));
    given.context.draws.step = 2;
    REQUIRE_FALSE(torch::equal(run(subject, given), once));
    given.context.training = false;
    REQUIRE(torch::equal(run(subject, given), run(make_subject(c), given)));
  }
}

TEST_CASE("attention: a norm of queries and keys makes scores blind to their length") {
  torch::NoGradGuard no_grad;
  for (const LawCase& c : law_cases()) {
    if (c.position != PositionType::none || c.type == AttentionType::linear) continue;
    for (const auto norm : {QkNorm::l2, QkNorm::rms}) {
      LawSetup setup;
      setup.qk_norm = norm;
      const auto subject = make_subject(c, setup);
      const Given given = make_given(2, 7);
      const auto before = run(subject, given);
      for (auto& item : subject.mixer->named_parameters()) {
        // queries and keys, not values
        if (item.key() == "qkv.weight") item.value().narrow(0, 0, D + 2 * D / 6).mul_(8);
        if (item.key() == "q.weight") item.value().mul_(8);
        if (item.key() == "kv.weight") item.value().narrow(0, 0, 2 * D / 6).mul_(8);
      }
      REQUIRE(difference(run(subject, given), before) <= 1e-4);
    }
  }
}
