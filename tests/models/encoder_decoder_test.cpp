// Laws of the whole encoder-decoder over position schemes and norm positions, without training.
// B batch, S source, T target, D model, V vocabulary.
#include "attend/models/encoder_decoder.h"

#include "tests/kernels/compare.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;

namespace {

struct Given {
  at::Tensor source, target;
  ForwardContext context;
};

at::Tensor hidden(EncoderDecoder& model, const Given& given) {
  const auto memory = model.encode(given.source, given.context);
  return model.decode(given.target, memory, given.context);
}

at::Tensor logits(EncoderDecoder& model, const Given& given) { return model.head().logits(hidden(model, given)); }

// Calls test(model, positions' name) for every position scheme.
template <class Test>
void over_positions(Test&& test) {
  torch::NoGradGuard no_grad;
  const auto norm_position = GENERATE(NormPosition::pre, NormPosition::post);
  for (const auto& position : position_configs()) {
    Config config = tiny_config();
    config.model.position = {position};
    config.model.norm_position = norm_position;
    config.model.num_kv_heads = 2;
    INFO("positions " << name_of(position.type()) << ", norm " << name_of(norm_position));
    test(*tiny_model(config));
  }
}

}  // namespace

TEST_CASE("encoder-decoder: the future is invisible to the decoder") {
  over_positions([](EncoderDecoder& model) {
    const Given given{real_tokens(2, 5, 1), real_tokens(2, 11, 2), {}};
    const auto whole = hidden(model, given);
    for (const std::int64_t t : {1, 5, 10}) {
      Given other = given;
      other.target = torch::cat({given.target.narrow(1, 0, t), real_tokens(2, 11 - t, 3)}, 1);
      REQUIRE(difference(hidden(model, other).narrow(1, 0, t), whole.narrow(1, 0, t)) <= 1e-6);
    }
  });
}

TEST_CASE("encoder-decoder: padding behind source and target changes nothing") {
  over_positions([](EncoderDecoder& model) {
    const Given given{real_tokens(2, 5, 1), real_tokens(2, 7, 2), {}};
    const auto plain = hidden(model, given);
    const Given longer{padded(given.source, 4, false), padded(given.target, 3, false), {}};
    REQUIRE(difference(hidden(model, longer).narrow(1, 0, 7), plain) <= 1e-5);
  });
}

TEST_CASE("encoder-decoder: a row does not depend on the longer rows beside it") {
  over_positions([](EncoderDecoder& model) {
    const Given shorter{real_tokens(1, 3, 1), real_tokens(1, 4, 2), {}},
        longer{real_tokens(1, 9, 3), real_tokens(1, 8, 4), {}};
    const Given both{torch::cat({padded(shorter.source, 6, false), longer.source}),
                     torch::cat({padded(shorter.target, 4, false), longer.target}), {}};
    const auto together = hidden(model, both);
    REQUIRE(difference(together.narrow(0, 0, 1).narrow(1, 0, 4), hidden(model, shorter)) <= 1e-5);
    REQUIRE(difference(together.narrow(0, 1, 1), hidden(model, longer)) <= 1e-5);
  });
}

TEST_CASE("encoder-decoder: an empty source is read without harm") {
  over_positions([](EncoderDecoder& model) {
    Given given{real_tokens(2, 5, 1), real_tokens(2, 7, 2), {}};
    const auto plain = hidden(model, given);
    given.source[1].fill_(0);
    const auto out = hidden(model, given);
    REQUIRE(out.isfinite().all().item<bool>());
    REQUIRE(difference(out[0], plain[0]) <= 1e-5);
  });
}

TEST_CASE("encoder-decoder: decoding in pieces equals one pass") {
  over_positions([](EncoderDecoder& model) {
    const Given given{padded(real_tokens(2, 5, 1), 2, false), real_tokens(2, 14, 2), {}};
    const auto whole = logits(model, given);
    for (const std::int64_t piece : {1, 3, 7}) {
      auto state = model.make_state({2, 1, 4});
      const auto memory = model.encode(given.source, {});
      for (std::int64_t t = 0; t < 14; t += piece) {
        const auto count = std::min<std::int64_t>(piece, 14 - t);
        const auto step = model.decode_step(given.target.narrow(1, t, count), memory, state);
        REQUIRE(difference(step, whole.select(1, t + count - 1)) <= 1e-5);
      }
      REQUIRE(state.length == 14);
    }
  });
}

TEST_CASE("encoder-decoder: bfloat16 steps stay close to a bfloat16 pass, and both to float32") {
  over_positions([](EncoderDecoder& model) {
    const Given given{real_tokens(2, 5, 1), real_tokens(2, 9, 2), {}};
    const auto exact = logits(model, given);
    model.set_compute_dtype(at::kBFloat16);
    const auto whole = logits(model, given);
    REQUIRE(whole.scalar_type() == at::kFloat);
    REQUIRE(difference(whole, exact) <= 0.1);
    auto state = model.make_state({2, 1, 4});
    const auto memory = model.encode(given.source, {});
    for (std::int64_t t = 0; t < 9; ++t)
      REQUIRE(difference(model.decode_step(given.target.narrow(1, t, 1), memory, state), whole.select(1, t)) <= 0.1);
    model.set_compute_dtype(at::kFloat);
    REQUIRE(torch::equal(logits(model, given), exact));
  });
}

TEST_CASE("encoder-decoder: hypotheses that move, and sentences that leave, take their past along") {
  over_positions([](EncoderDecoder& model) {
    const auto sources = padded(real_tokens(2, 5, 1), 1, false);
    const auto memory = model.encode(sources, {});
    auto state = model.make_state({2, 2, 4});
    auto prefix = real_tokens(4, 3, 2);  // two hypotheses a sentence
    model.decode_step(prefix, memory, state);

    const auto moved = torch::tensor({1, 1, 3, 2}, torch::kLong), next = real_tokens(4, 1, 3);
    state.reorder(moved);
    prefix = torch::cat({prefix.index_select(0, moved), next}, 1);
    const auto step = model.decode_step(next, memory, state);
    REQUIRE(difference(step, logits(model, {sources.repeat_interleave(2, 0), prefix, {}}).select(1, 3)) <= 1e-5);

    const auto last = real_tokens(2, 1, 4);  // only the second sentence goes on
    state.keep(torch::tensor({1}, torch::kLong));
    state.reorder(torch::tensor({3, 2}, torch::kLong));
    prefix = torch::cat({prefix.index_select(0, torch::tensor({3, 2}, torch::kLong)), last}, 1);
    const auto rest = model.decode_step(last, memory, state);
    REQUIRE(difference(rest, logits(model, {sources.narrow(0, 1, 1).repeat({2, 1}), prefix, {}}).select(1, 4)) <= 1e-5);
  });
}

TEST_CASE("encoder-decoder: the same seed gives the same model, another seed another") {
  Config config = tiny_config();
  const auto one = tiny_model(config), same = tiny_model(config);
  config.seed = 2;
  const auto other = tiny_model(config);
  const auto a = one->named_parameters(), b = same->named_parameters(), c = other->named_parameters();
  for (const auto& item : a) REQUIRE(torch::equal(item.value(), b[item.key()]));
  REQUIRE_FALSE(torch::equal(a["embedding.weight"], c["embedding.weight"]));
}

TEST_CASE("encoder-decoder: tying decides how many matrices there are") {
  const auto [tie, own] = GENERATE(std::pair{TieEmbeddings::all, 1}, std::pair{TieEmbeddings::decoder, 2},
                                   std::pair{TieEmbeddings::none, 3}, std::pair{TieEmbeddings::automatic, 1});
  Config config = tiny_config();
  config.model.tie_embeddings = tie;
  const auto model = tiny_model(config);
  int matrices = 0;
  for (const auto& item : model->named_parameters())
    matrices += item.value().dim() == 2 && item.value().size(0) == kTinyVocabulary ? 1 : 0;
  REQUIRE(matrices == own);
}
