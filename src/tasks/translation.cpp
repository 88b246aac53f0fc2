#include "attend/tasks/translation.h"

#include <torch/types.h>

#include <cmath>

#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

std::vector<PairLength> pair_lengths(const ParallelDataset& data) {
  std::vector<PairLength> lengths;
  for (std::int64_t i = 0; i < data.size(); ++i)
    lengths.push_back({static_cast<std::int32_t>(data.source.length(i)), static_cast<std::int32_t>(data.target.length(i) + 1)});
  return lengths;
}

template <class Corpus>
ParallelDataset read_corpus(const Corpus& corpus, const Tokenizers& tokenizers, const DataConfig& data) {
  const auto text = read_parallel_text(corpus.source, corpus.target);
  auto encoded = encode_parallel(text, tokenizers, {data.max_length, data.over_length});
  log_info(corpus.source, " + ", corpus.target, ": ", format_count(encoded.size()), " pairs");
  if (encoded.empty > 0) log_warning(format_count(encoded.empty), " pairs with an empty side are left out");
  if (encoded.over_length > 0)
    log_warning(format_count(encoded.over_length), " pairs are longer than data.max_length ", data.max_length, ": ",
                data.over_length == OverLength::skip ? "left out" : "cropped");
  return encoded;
}

std::shared_ptr<const Tokenizer> load_or_train(const TokenizerConfig& config, const std::vector<std::filesystem::path>& files) {
  if (!config.model.empty()) return load_tokenizer(config.model);
  if (config.type != TokenizerType::byte) log_info("training a tokenizer of at most ", config.vocab_size, " pieces");
  return train_tokenizer(config, files);
}

}  // namespace

Tokenizers make_tokenizers(const DataConfig& data) {
  const std::filesystem::path source = data.train.front().source, target = data.train.front().target;
  if (data.tokenizer.shared()) {
    const auto both = load_or_train(data.tokenizer.source, {source, target});
    return {both, both};
  }
  return {load_or_train(data.tokenizer.source, {source}), load_or_train(data.tokenizer.target, {target})};
}

TranslationTask::TranslationTask(const Config& config, Tokenizers tokenizers, at::Device device)
    : data_(config.data),
      seed_(static_cast<std::uint64_t>(config.seed)),
      validate_batches_(config.training.validate_batches),
      tokenizers_(std::move(tokenizers)),
      device_(device),
      train_(read_corpus(config.data.train.front(), tokenizers_, config.data)),
      validation_(read_corpus(config.data.validation.front(), tokenizers_, config.data)) {}

std::unique_ptr<BatchStream> TranslationTask::train_stream(Cursor start, Shard shard) {
  auto lengths = std::make_shared<std::vector<PairLength>>(pair_lengths(train_));
  BatchStream::Source source;
  source.batches_of = [this, lengths](std::int64_t epoch) { return epoch_batches(*lengths, data_.batch, seed_, epoch); };
  source.make = [this](const BatchRows& rows) {
    return make_batch(train_, rows, tokenizers_.source->special(), tokenizers_.target->special());
  };
  return std::make_unique<BatchStream>(std::move(source), start, shard);
}

std::vector<LossTerm> TranslationTask::loss(EncoderDecoder& model, const Batch& batch, ForwardContext& context) {
  return model.loss(batch["source"], batch["target"], batch["labels"], context);
}

Metrics TranslationTask::validate(EncoderDecoder& model) {
  const torch::NoGradGuard no_grad;
  ForwardContext context;
  double smoothed = 0, nll = 0, count = 0;
  std::int64_t done = 0;
  for (const auto& rows : sorted_batches(pair_lengths(validation_), data_.batch)) {
    if (validate_batches_ > 0 && done++ == validate_batches_) break;
    const auto batch = make_batch(validation_, rows, tokenizers_.source->special(), tokenizers_.target->special()).to(device_);
    const auto terms = loss(model, batch, context);
    smoothed += terms[0].sum.item<double>();  // sync: validation reports
    nll += terms[1].sum.item<double>();
    count += terms[0].count.item<double>();
  }
  return {{"loss", smoothed / count}, {"nll", nll / count}, {"perplexity", std::exp(nll / count)}};
}

}  // namespace attend
