#include "attend/data/subword_sampling.h"

#include "attend/core/philox.h"

namespace attend {
SubwordSampling::SubwordSampling(const Tokenizers& tokenizers, const LengthRule& rule, const Options& options)
    : source_{tokenizers.source, nullptr, options.source_alpha},
      target_{tokenizers.target, nullptr, options.target_alpha},
      rule_(rule),
      seed_(options.seed) {
  for (auto* side : {&source_, &target_})
    if (side->alpha > 0) side->sampler = make_subword_sampler(*side->tokenizer);
}

std::vector<std::int32_t> SubwordSampling::encode(std::string_view normalized, Side side, const Draw& draw) const {
  const auto corpus_and_side = static_cast<std::uint32_t>(draw.corpus * 2 + (side == Side::target ? 1 : 0));
  const auto pass = derive_key(seed_, KeyUse::sampled_passes, static_cast<std::uint64_t>(draw.pass), corpus_and_side);
  const auto key = derive_key(pass, KeyUse::sampled_lines, static_cast<std::uint64_t>(draw.line));
  auto ids = segment(side == Side::source ? source_ : target_, normalized, key);
  const auto limit = static_cast<std::size_t>(rule_.max_length) - 1;
  if (ids.size() > limit) ids.resize(limit);
  return ids;
}

std::vector<std::int32_t> SubwordSampling::segment(const OneSide& side, std::string_view normalized,
                                                   std::uint64_t key) const {
  if (!side.sampler) return side.tokenizer->encode(normalized);
  PhiloxStream random(key);
  auto ids = side.sampler->sample(normalized, side.alpha, random);
  const bool is_too_long = ids.size() + 1 > static_cast<std::size_t>(rule_.max_length);
  return is_too_long && rule_.over_length == OverLength::skip ? side.sampler->best(normalized) : ids;
}

}  // namespace attend
