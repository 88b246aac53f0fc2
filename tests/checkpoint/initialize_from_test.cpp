// Fine-tuning starts from the weights of another model; what does not fit is refused by name.
#include "attend/checkpoint/initialize_from.h"

#include "attend/core/error.h"
#include "attend/text/corpus.h"
#include "tests/support/characters.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;

namespace {

// A resolved model of these tokenizers, loaded as if from a directory.
LoadedModel model_of(Config config, const Tokenizers& tokenizers, std::int64_t seed) {
  config.seed = seed;
  config.data.tokenizer.source.shared = tokenizers.shared();
  resolve(config);
  LoadedModel model{config, tokenizers, build_encoder_decoder(config, vocabularies_of(tokenizers)), "other"};
  return model;
}

LoadedConfig parsed(const std::string& yaml) { return parse_config("version: 1\n" + yaml, "test.yaml"); }

}  // namespace

TEST_CASE("initialize_from: with the same vocabulary every weight is taken") {
  const Scratch scratch;
  const auto text = characters_of(scratch, "abcde\n");
  const auto initial = model_of(tiny_config(), {text, text}, 1), tuned = model_of(tiny_config(), {text, text}, 2);
  initialize_from(*tuned.model, tuned.config, tuned.tokenizers, initial);
  const auto expected = parameters_of(*initial.model);
  for (const auto& [name, tensor] : parameters_of(*tuned.model)) REQUIRE(torch::equal(tensor, expected.at(name)));
}

TEST_CASE("initialize_from: rows of pieces that both have are copied, others start as in a new model") {
  const bool shared = GENERATE(true, false);
  const Scratch scratch;
  const auto before = characters_of(scratch, "abcde\n"), now = characters_of(scratch, "zdyaxb\n"),
             other = characters_of(scratch, "qrst\n");
  auto config = tiny_config();
  config.model.output_bias = true;
  if (!shared) config.model.tie_embeddings = TieEmbeddings::none;
  const auto initial = model_of(config, {before, shared ? before : other}, 1),
             tuned = model_of(config, {now, shared ? now : other}, 2);
  const auto fresh = model_of(config, tuned.tokenizers, 2);
  initialize_from(*tuned.model, tuned.config, tuned.tokenizers, initial);
  const auto old = parameters_of(*initial.model), unused = parameters_of(*fresh.model);
  std::size_t tables = 0;
  for (const auto& [name, tensor] : parameters_of(*tuned.model)) {
    INFO(name);
    const bool by_piece =
        name == "embedding.weight" || name == "source_embedding.weight" || (shared && name == "head.bias");
    if (!by_piece) REQUIRE(torch::equal(tensor, old.at(name)));
    if (!by_piece) continue;
    ++tables;
    int copied = 0;
    for (std::int64_t i = 0; i < now->size(); ++i) {
      std::int64_t place = -1;
      for (std::int64_t j = 0; j < before->size(); ++j)
        if (before->piece(static_cast<std::int32_t>(j)) == now->piece(static_cast<std::int32_t>(i))) place = j;
      copied += place >= 0;
      REQUIRE(torch::equal(tensor[i], place >= 0 ? old.at(name)[place] : unused.at(name)[i]));
    }
    REQUIRE(copied == 7);  // a, b, d and the four special ones
  }
  REQUIRE(tables == (shared ? 2u : 1u));
}

TEST_CASE("initialize_from: another model is refused, each key with both values, also where shapes agree") {
  const Scratch scratch;
  const auto text = characters_of(scratch, "abcde\n");
  const auto initial = model_of(tiny_config(), {text, text}, 1);
  auto config = tiny_config();
  config.model.num_heads = 2;
  config.model.d_ff = 32;
  config.model.dropout = 0.5;  // free to change
  const auto tuned = model_of(config, {text, text}, 2);
  const auto refused = [&] { initialize_from(*tuned.model, tuned.config, tuned.tokenizers, initial); };
  REQUIRE_THROWS_AS(refused(), ConfigError);
  REQUIRE_THROWS_WITH(refused(), Catch::Contains("model.num_heads: 4 there, 2 here") &&
                                     Catch::Contains("model.d_ff: 24 there, 32 here") && !Catch::Contains("dropout"));
}

TEST_CASE("initialize_from: the other model's tokenizer is used unless a key that is written says otherwise") {
  Config initial;
  initial.data.tokenizer.source.vocab_size = 500;
  initial.data.tokenizer.source.shared = false;
  resolve(initial);
  const auto silent = parsed("model: {d_model: 64, num_heads: 4}\n");
  REQUIRE(takes_tokenizers_of(initial, silent));
  const auto config = with_tokenizers_of(initial, silent);
  REQUIRE(config.data.tokenizer.source.vocab_size == 500);
  REQUIRE(config.model.tie_embeddings == TieEmbeddings::decoder);
  REQUIRE(takes_tokenizers_of(initial, parsed("data: {tokenizer: {vocab_size: 500}}\n")));
  REQUIRE_FALSE(takes_tokenizers_of(initial, parsed("data: {tokenizer: {vocab_size: 600}}\n")));
  REQUIRE_FALSE(takes_tokenizers_of(initial, parsed("data: {tokenizer: {source: {vocab_size: 600}, target: {}}}\n")));

  const auto sampling = parsed("data: {tokenizer: {sampling: {alpha: 0.1}}}\n");
  REQUIRE(takes_tokenizers_of(initial, sampling));
  REQUIRE(with_tokenizers_of(initial, sampling).data.tokenizer.source.sampling.alpha == 0.1);
  REQUIRE(with_tokenizers_of(initial, sampling).data.tokenizer.source.vocab_size == 500);
}
