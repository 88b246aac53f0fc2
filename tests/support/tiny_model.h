// A model that is small enough for laws over every variant, and the text it reads.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include "attend/models/encoder_decoder.h"
#include "tests/support/test.h"
#include "tests/support/options.h"

namespace attend::test {

inline constexpr std::int64_t kTinyVocabulary = 19;

// Without dropout; not yet resolved.
inline Config tiny_config() {
  Config config;
  ModelConfig& model = config.model;
  model.d_model = 16;
  model.num_heads = 4;
  model.d_ff = 24;
  model.encoder_layers = model.decoder_layers = 2;
  model.dropout = model.attention_dropout = 0;
  return config;
}

inline std::shared_ptr<EncoderDecoder> tiny_model(Config config) {
  resolve(config);
  Vocabularies vocabularies;
  vocabularies.source = vocabularies.target = kTinyVocabulary;
  return build_encoder_decoder(config, vocabularies);
}

// Ids of real tokens, (rows, length), a pure function of the seed.
inline at::Tensor real_tokens(std::int64_t rows, std::int64_t length, std::uint64_t seed) {
  return at::randint(4, kTinyVocabulary, {rows, length}, at::detail::createCPUGenerator(seed), at::kLong);
}

// `count` padding ids beside the tokens.
inline at::Tensor padded(const at::Tensor& ids, std::int64_t count, bool left) {
  const at::Tensor padding = at::zeros({ids.size(0), count}, ids.options());
  return left ? at::cat({padding, ids}, 1) : at::cat({ids, padding}, 1);
}

inline const std::vector<PositionConfig>& position_configs() {
  static const auto configs = [] {
    std::vector<PositionConfig> all{SinusoidalOptions{SinusoidLayout::interleaved}};
    for (const auto type : values_of<PositionType>()) all.push_back(position_of(type, 64));
    return all;
  }();
  return configs;
}

}  // namespace attend::test
