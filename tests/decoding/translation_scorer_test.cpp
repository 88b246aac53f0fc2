// Laws of decoding with states on small random models: a step at a time equals the whole pass, whatever becomes of the
// hypotheses and sentences on the way.
#include "attend/decoding/translation_scorer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "attend/decoding/beam_search.h"
#include "tests/support/toy_scorer.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr std::int64_t kVocabulary = 23;

std::shared_ptr<EncoderDecoder> small_model(NormPosition norm_position, std::int64_t kv_heads) {
  Config config;
  config.model.d_model = 16;
  config.model.num_heads = 4;
  config.model.num_kv_heads = kv_heads;
  config.model.d_ff = 24;
  config.model.encoder_layers = config.model.decoder_layers = 2;
  config.model.norm_position = norm_position;
  resolve(config);
  Vocabularies vocabularies;
  vocabularies.source = vocabularies.target = kVocabulary;
  return build_encoder_decoder(config, vocabularies);
}

SourceBatch random_batch(const std::vector<std::int64_t>& lengths) {
  SourceBatch batch;
  batch.lengths = lengths;
  batch.ids = at::zeros({static_cast<std::int64_t>(lengths.size()), *std::max_element(lengths.begin(), lengths.end())},
                        at::kLong);
  for (std::size_t b = 0; b < lengths.size(); ++b)
    for (std::int64_t s = 0; s < lengths[b]; ++s)
      batch.ids[b][s] = s + 1 == lengths[b] ? 3 : 4 + (static_cast<std::int64_t>(b) * 7 + s * 5) % 19;
  return batch;
}

// The last row of logits of a sentence and a prefix, by a whole pass over both.
at::Tensor whole_pass(EncoderDecoder& model, const at::Tensor& source, std::int64_t length,
                      const std::vector<std::int64_t>& prefix) {
  const c10::InferenceMode inference;
  const ForwardContext context;
  const auto memory = model.encode(source.narrow(0, 0, length).unsqueeze(0), context);
  const auto hidden = model.decode(at::tensor(prefix, at::kLong).unsqueeze(0), memory, context);
  return model.head().logits(hidden[0][-1]);
}

}  // namespace

TEST_CASE("translation scorer: steps with moved hypotheses and finished sentences equal whole passes") {
  const std::int64_t kv_heads = GENERATE(1, 2, 4);
  const auto norm_position = GENERATE(NormPosition::pre, NormPosition::post);
  const auto model = small_model(norm_position, kv_heads);
  const SourceBatch batch = random_batch({5, 9, 2});
  TranslationScorer scorer(model);
  scorer.begin(batch, {2, 40, false});

  std::vector<std::int64_t> sentences{0, 1, 2};
  std::vector<std::vector<std::int64_t>> prefixes(3);  // row b K + k
  std::int64_t width = 1;
  const auto step = [&](std::int64_t salt) {
    std::vector<std::int64_t> tokens;
    for (std::size_t row = 0; row < prefixes.size(); ++row) {
      tokens.push_back(prefixes[row].empty() ? 2 : 4 + (static_cast<std::int64_t>(row) * 3 + salt * 5) % 19);
      prefixes[row].push_back(tokens.back());
    }
    const auto logits = scorer.step(at::tensor(tokens, at::kLong).view({-1, width})).logits;
    REQUIRE(logits.sizes() == at::IntArrayRef({static_cast<std::int64_t>(sentences.size()), width, kVocabulary}));
    for (std::size_t row = 0; row < prefixes.size(); ++row) {
      const auto b = sentences[row / width];
      const auto expected = whole_pass(*model, batch.ids[b], batch.lengths[b], prefixes[row]);
      REQUIRE(at::allclose(logits.view({-1, kVocabulary})[static_cast<std::int64_t>(row)], expected, 1e-4, 1e-5));
    }
  };
  const auto reorder = [&](const std::vector<std::int64_t>& rows, std::int64_t new_width) {
    const auto old = prefixes;
    prefixes.clear();
    for (const auto row : rows) prefixes.push_back(old[row]);
    width = new_width;
    scorer.reorder(at::tensor(rows, at::kLong).view({-1, width}));
  };
  const auto keep = [&](const std::vector<std::int64_t>& kept) {
    scorer.keep(at::tensor(kept, at::kLong));
    sentences = {0, 2};
  };
  test::walk_of_hypotheses(step, reorder, keep, 40);  // past the capacity that is allocated at first
}

TEST_CASE("translation scorer: a batch gives each sentence what it gets alone") {
  const auto model = small_model(NormPosition::pre, 2);
  const std::vector<std::int64_t> lengths{3, 11, 6, 6, 1};
  const SourceBatch batch = random_batch(lengths);
  SearchOptions options;
  options.decoding.beam_size = 4;
  options.decoding.max_length = 25;
  options.nbest = 4;
  TranslationScorer scorer(model);
  const auto together = beam_search(scorer, batch, options);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const SourceBatch one{batch.ids.narrow(0, static_cast<std::int64_t>(s), 1).narrow(1, 0, lengths[s]).contiguous(),
                          {lengths[s]}};
    const auto alone = beam_search(scorer, one, options).front();
    REQUIRE(alone.size() == together[s].size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      REQUIRE(alone[i].token_ids == together[s][i].token_ids);
      REQUIRE(alone[i].score == Approx(together[s][i].score).epsilon(1e-4));
    }
  }
}

TEST_CASE("translation scorer: a forced pass equals as many steps, in what it says and in what follows") {
  const auto model = small_model(GENERATE(NormPosition::pre, NormPosition::post), 2);
  const SourceBatch batch = random_batch({5, 9, 2});
  const at::Tensor tokens = at::tensor({2, 7, 9, 4, 2, 5, 5, 21, 2, 8, 6, 10}, at::kLong).view({3, 4});
  const at::Tensor following = at::tensor({7, 9, 4, 11, 5, 5, 21, 3, 8, 6, 10, 3}, at::kLong).view({3, 4});
  TranslationScorer once(model), stepwise(model);
  once.begin(batch, {1, 9, true});
  stepwise.begin(batch, {1, 9, true});
  const auto got = once.force(tokens, following), expected = stepwise.Scorer::force(tokens, following);
  REQUIRE(got.log_probs.sizes() == following.sizes());
  REQUIRE(at::allclose(got.log_probs, expected.log_probs, 1e-4, 1e-5));
  REQUIRE(got.cross_weights.sizes() == at::IntArrayRef({3, 4, 9}));
  REQUIRE(at::allclose(got.cross_weights, expected.cross_weights, 1e-4, 1e-5));
  const at::Tensor last = following.narrow(1, 3, 1);
  REQUIRE(at::allclose(once.step(last).logits, stepwise.step(last).logits, 1e-4, 1e-5));
  for (std::int64_t b = 0; b < 3; ++b) {
    const auto whole = whole_pass(*model, batch.ids[b], batch.lengths[b], {2, tokens[b][1].item<std::int64_t>()});
    const auto expected_log_prob = whole.log_softmax(-1)[following[b][1].item<std::int64_t>()].item<double>();
    REQUIRE(got.log_probs[b][1].item<double>() == Approx(expected_log_prob).epsilon(1e-4));
  }
}

TEST_CASE(
    "translation scorer: weights that are asked for add up to 1, see no padding, follow their hypothesis and change "
    "nothing") {
  const auto model = small_model(NormPosition::pre, 1);
  const SourceBatch batch = random_batch({5, 9, 2});
  TranslationScorer plain(model), watched(model), alone(model);
  plain.begin(batch, {2, 9, false});
  watched.begin(batch, {2, 9, true});
  const at::Tensor starts = at::full({3, 1}, 2, at::kLong),
                   rows = at::tensor({0, 0, 1, 1, 2, 2}, at::kLong).view({3, 2});
  const at::Tensor tokens = at::tensor({4, 5, 6, 7, 8, 9}, at::kLong).view({3, 2});
  for (TranslationScorer* scorer : {&plain, &watched}) {
    scorer->step(starts);
    scorer->reorder(rows);
  }
  const auto a = plain.step(tokens), b = watched.step(tokens);
  REQUIRE_FALSE(a.cross_weights.defined());
  REQUIRE(at::allclose(a.logits, b.logits, 1e-4, 1e-5));
  REQUIRE(b.cross_weights.sizes() == at::IntArrayRef({3, 2, 9}));
  REQUIRE(at::allclose(b.cross_weights.sum(-1), at::ones({3, 2}), 1e-5, 1e-6));
  for (std::int64_t s = 0; s < 3; ++s)
    REQUIRE(b.cross_weights[s].narrow(1, batch.lengths[s], 9 - batch.lengths[s]).eq(0).all().item<bool>());
  // Sentence 2, hypothesis 1, by itself.
  alone.begin({batch.ids.narrow(0, 2, 1).narrow(1, 0, 2), {2}, {}, {}}, {1, 9, true});
  alone.step(at::full({1, 1}, 2, at::kLong));
  REQUIRE(at::allclose(alone.step(at::full({1, 1}, 9, at::kLong)).cross_weights[0][0],
                       b.cross_weights[2][1].narrow(0, 0, 2), 1e-4, 1e-5));
}
