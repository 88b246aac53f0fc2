#include "attend/tasks/translation.h"

#include <torch/types.h>

#include "attend/core/error.h"

namespace attend {
namespace {

SubwordSampling::Options sampling_options(const Config& config) {
  const auto& tokenizer = config.data.tokenizer;
  const auto& target = tokenizer.two ? tokenizer.target : tokenizer.source;
  return {tokenizer.source.sampling.alpha, target.sampling.alpha, static_cast<std::uint64_t>(config.seed)};
}

PairMixture training_pairs(const Config& config, const Tokenizers& tokenizers, const DataCache& cache) {
  const auto options = sampling_options(config);
  const TextSides sampled{options.source_alpha > 0, options.target_alpha > 0};
  std::vector<PairMixture::Part> parts;
  for (const auto& corpus : training_corpora(config.data)) {
    const auto number = parts.size();
    const PairRequest request{corpus, tokenizers, length_rule_of(config.data), sampled};
    parts.push_back({read_pairs(request, cache, concat("train-", number + 1)), config.data.train[number].weight});
  }
  std::vector<CorpusShare> shares;
  for (const auto& part : parts) shares.push_back({part.store.size(), part.weight});
  tell_shares(config.data, shares);
  std::shared_ptr<const SubwordSampling> sampling;
  if (sampled.any()) sampling = std::make_shared<SubwordSampling>(tokenizers, length_rule_of(config.data), options);
  return {std::move(parts), config.data.batch, options.seed, std::move(sampling)};
}

}  // namespace

TranslationTask::TranslationTask(const Config& config, Tokenizers tokenizers, at::Device device, const DataCache& cache)
    : label_smoothing_(*config.training.label_smoothing),
      tokenizers_(std::move(tokenizers)),
      train_(training_pairs(config, tokenizers_, cache)),
      validation_(read_validation_sets(config, tokenizers_, device, cache)) {
  check_prefixes(config.data, tokenizers_);
}

std::unique_ptr<BatchStream> TranslationTask::train_stream(Cursor start) {
  BatchStream::Source source;
  source.pools = [this](std::int64_t epoch) { return train_.pools(epoch); };
  source.load = [this](std::int64_t epoch, std::int64_t index) -> BatchStream::Batches {
    const auto pool = std::make_shared<const Pool>(train_.pool(epoch, index));
    return {static_cast<std::int64_t>(pool->batches.size()), [this, pool](std::int64_t i) {
              return make_batch(pool->pairs, pool->batches[static_cast<std::size_t>(i)], tokenizers_.source->special(),
                                tokenizers_.target->special());
            }};
  };
  return std::make_unique<BatchStream>(std::move(source), start);
}

std::vector<LossTerm> TranslationTask::loss(Model& model, const Batch& batch, ForwardContext& context) {
  return model_as<EncoderDecoder>(model, "translation")
      .loss(batch["source"], batch["target"], batch["labels"], context, {label_smoothing_, batch.find("weights")});
}

std::vector<Metrics> TranslationTask::validate(Model& model) {
  std::vector<Metrics> all;
  for (const auto& set : validation_) all.push_back(set.measure(model_as<EncoderDecoder>(model, "translation")));
  return all;
}

}  // namespace attend
