#include "attend/tasks/language_model.h"

#include <torch/types.h>

#include <cmath>

#include "attend/core/error.h"
#include "attend/data/language_corpora.h"

namespace attend {
namespace {

constexpr std::uint64_t kValidationSeed = 0;  // the same blocks whatever the seed of the run

std::int64_t rows_of(const DataConfig& data) {
  const auto size = data.batch.size.value();
  return data.batch.unit == BatchUnit::sequences ? size : std::max<std::int64_t>(1, size / data.block_size);
}

BlockShape shape_of(const Config& config, const Tokenizers& tokenizers) {
  const auto& stream = config.data.train.front().tokens;
  const std::int64_t eos = tokenizers.target ? tokenizers.target->special().eos : stream->eos;
  const bool packed = config.data.sampling == BlockSampling::packed;
  for (const auto& corpus : training_documents(config.data))
    if (packed && eos < 0 && !stream && !corpus.is_one())
      throw ConfigError("[data.sampling] packed expected a tokenizer with an end symbol, got one without; choose random_blocks, or train "
                        "a tokenizer of your own");
  return {config.data.block_size, eos, packed};
}

TokenBlocks training_blocks(const Config& config, const Tokenizers& tokenizers, const DataCache& cache) {
  return {training_texts(config.data, tokenizers, cache).texts, shape_of(config, tokenizers)};
}

BlockOrder order_of(const Config& config, const TokenBlocks& blocks) {
  std::vector<CorpusShare> shares;
  for (const auto& text : blocks.texts()) shares.push_back({text.size(), config.data.train[shares.size()].weight});
  return {std::move(shares), {config.data.sampling, config.data.block_size, rows_of(config.data), static_cast<std::uint64_t>(config.seed)}};
}

// Each text as often as it is long.
BlockOrder random_order(const Config& config, const TokenBlocks& blocks) {
  std::vector<CorpusShare> shares;
  for (const auto& text : blocks.texts()) shares.push_back({text.size(), static_cast<double>(text.size())});
  return {std::move(shares), {BlockSampling::random_blocks, config.data.block_size, rows_of(config.data), kValidationSeed}};
}

std::vector<LossTerm> loss_of(LanguageModel& model, const Batch& batch, const ForwardContext& context) {
  const auto optional = [&](const char* name) {
    const auto found = batch.tensors.find(name);
    return found == batch.tensors.end() ? at::Tensor() : found->second;
  };
  return model.loss({batch["tokens"], optional("segments"), optional("positions")}, batch["labels"], context);
}

}  // namespace

LanguageValidation::LanguageValidation(const Config& config, std::string name, TokenBlocks blocks, at::Device device)
    : name_(std::move(name)),
      blocks_(std::move(blocks)),
      random_(random_order(config, blocks_)),
      rows_(rows_of(config.data)),
      batches_(config.training.validate_batches),
      device_(device) {}

Metrics LanguageValidation::measure(LanguageModel& model) const {
  const torch::NoGradGuard no_grad;
  at::Tensor loss = torch::zeros({}, torch::kDouble), nll = loss.clone(), count = loss.clone();
  const auto all = batches_ > 0 ? batches_ : blocks_.whole_batches(rows_);
  for (std::int64_t i = 0; i < all; ++i) {
    const auto batch = batches_ > 0 ? blocks_.batch(random_.rows(0, i)) : blocks_.whole_batch(rows_, i);
    const auto terms = loss_of(model, batch.to(device_), {});
    loss += terms[0].sum.to(at::kCPU, at::kDouble);  // sync: validation reports
    nll += terms[1].sum.to(at::kCPU, at::kDouble);
    count += terms[0].count.to(at::kCPU, at::kDouble);
  }
  const double mean = (nll / count).item<double>();
  return {name_, {{"loss", (loss / count).item<double>()}, {"nll", mean}, {"perplexity", std::exp(mean)}}};
}

std::vector<LanguageValidation> read_language_sets(const Config& config, const Tokenizers& tokenizers, at::Device device,
                                                   const DataCache& cache) {
  std::vector<LanguageValidation> sets;
  for (auto& set : validation_texts(config.data, tokenizers, cache))
    sets.emplace_back(config, set.name, TokenBlocks(std::move(set.texts), shape_of(config, tokenizers)), device);
  return sets;
}

LanguageModelTask::LanguageModelTask(const Config& config, const Tokenizers& tokenizers, at::Device device, const DataCache& cache)
    : blocks_(training_blocks(config, tokenizers, cache)),
      order_(order_of(config, blocks_)),
      validation_(read_language_sets(config, tokenizers, device, cache)) {}

std::unique_ptr<BatchStream> LanguageModelTask::train_stream(Cursor start, Shard shard) {
  BatchStream::Source source;
  source.pools = [](std::int64_t) { return 1; };  // nothing is read ahead of a batch
  source.load = [this](std::int64_t epoch, std::int64_t) -> BatchStream::Batches {
    return {order_.batches(epoch), [this, epoch](std::int64_t i) { return blocks_.batch(order_.rows(epoch, i)); }};
  };
  return std::make_unique<BatchStream>(std::move(source), start, shard);
}

std::vector<LossTerm> LanguageModelTask::loss(Model& model, const Batch& batch, ForwardContext& context) {
  return loss_of(model_as<LanguageModel>(model, "language_model"), batch, context);
}

std::vector<Metrics> LanguageModelTask::validate(Model& model) {
  std::vector<Metrics> all;
  for (const auto& set : validation_) all.push_back(set.measure(model_as<LanguageModel>(model, "language_model")));
  return all;
}

}  // namespace attend
