// Laws of decoding with states on small random models: a step at a time equals the whole pass, whatever becomes of the
// hypotheses and sentences on the way.
#include "attend/decoding/model_scorer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "attend/decoding/beam_search.h"
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

SourceBatch batch_of(const std::vector<std::int64_t>& lengths) {
  SourceBatch batch;
  batch.lengths = lengths;
  batch.ids = at::zeros({static_cast<std::int64_t>(lengths.size()), *std::max_element(lengths.begin(), lengths.end())}, at::kLong);
  for (std::size_t b = 0; b < lengths.size(); ++b)
    for (std::int64_t s = 0; s < lengths[b]; ++s)
      batch.ids[b][s] = s + 1 == lengths[b] ? 3 : 4 + (static_cast<std::int64_t>(b) * 7 + s * 5) % 19;
  return batch;
}

// The last row of logits of a sentence and a prefix, by a whole pass over both.
at::Tensor whole_pass(EncoderDecoder& model, const at::Tensor& source, std::int64_t length, const std::vector<std::int64_t>& prefix) {
  const c10::InferenceMode inference;
  const ForwardContext context;
  const auto memory = model.encode(source.narrow(0, 0, length).unsqueeze(0), context);
  const auto hidden = model.decode(at::tensor(prefix, at::kLong).unsqueeze(0), memory, context);
  return model.head().logits(hidden[0][-1]);
}

}  // namespace

TEST_CASE("model scorer: steps with moved hypotheses and finished sentences equal whole passes") {
  const std::int64_t kv_heads = GENERATE(1, 2, 4);
  const auto norm_position = GENERATE(NormPosition::pre, NormPosition::post);
  const auto model = small_model(norm_position, kv_heads);
  const SourceBatch batch = batch_of({5, 9, 2});
  ModelScorer scorer(model);
  scorer.begin(batch, 2, 40);

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
  step(0);
  reorder({0, 0, 1, 1, 2, 2}, 2);
  step(1);
  reorder({1, 0, 2, 2, 5, 4}, 2);
  step(2);
  scorer.keep(at::tensor({0, 2}, at::kLong));
  sentences = {0, 2};
  reorder({0, 1, 5, 5}, 2);
  for (std::int64_t salt = 3; salt < 40; ++salt) step(salt);  // past the capacity that is allocated at first
}

TEST_CASE("model scorer: a batch gives each sentence what it gets alone") {
  const auto model = small_model(NormPosition::pre, 2);
  const std::vector<std::int64_t> lengths{3, 11, 6, 6, 1};
  const SourceBatch batch = batch_of(lengths);
  SearchOptions options;
  options.decoding.beam_size = 4;
  options.decoding.max_length = 25;
  options.nbest = 4;
  ModelScorer scorer(model);
  const auto together = beam_search(scorer, batch, options);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const SourceBatch one{batch.ids.narrow(0, static_cast<std::int64_t>(s), 1).narrow(1, 0, lengths[s]).contiguous(), {lengths[s]}};
    const auto alone = beam_search(scorer, one, options).front();
    REQUIRE(alone.size() == together[s].size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      REQUIRE(alone[i].token_ids == together[s][i].token_ids);
      REQUIRE(alone[i].score == Approx(together[s][i].score).epsilon(1e-4));
    }
  }
}
