#include "attend/tasks/language_model.h"

#include <torch/types.h>

#include <cmath>

#include "attend/core/error.h"
#include "attend/core/interrupt.h"
#include "attend/core/log.h"
#include "attend/data/corpora.h"

namespace attend {
namespace {

constexpr std::uint64_t kValidationSeed = 0;  // the same blocks whatever the seed of the run

std::int64_t rows_of(const DataConfig& data) {
  const auto size = data.batch.size.value();
  return data.batch.unit == BatchUnit::sequences ? size : std::max<std::int64_t>(1, size / data.block_size);
}

BlockShape shape_of(const Config& config, const Tokenizers& tokenizers) {
  const auto& stream = config.data.train.front().tokens;
  const bool packed = config.data.sampling == BlockSampling::packed;
  // text for a model of ids: refused where it is opened
  if (!tokenizers.target && !stream) return {config.data.block_size, -1, packed};
  const std::int64_t eos = document_end(config, tokenizers.target.get());
  const std::int64_t own = tokenizers.target ? tokenizers.target->special().eos : -1;
  if (own >= 0 && own != eos)
    log_warning("[data.train.tokens.eos] documents end at id ", eos, ", not at ", own,
                ", the end symbol of data.tokenizer; are the ids its own?");
  for (const auto& corpus : training_documents(config.data))
    if (packed && eos < 0 && !stream && !corpus.is_one())
      throw ConfigError(
          "[data.sampling] packed expected a tokenizer with an end symbol, got one without; choose random_blocks, or "
          "train "
          "a tokenizer of your own");
  if (packed && eos < 0 && stream)
    log_warning(
        "[data.sampling] packed keeps nothing apart: the ids have no end; name it in data.train.tokens.eos, or choose "
        "random_blocks");
  return {config.data.block_size, eos, packed};
}

BlockOrder order_of(const Config& config, const TokenBlocks& blocks) {
  std::vector<CorpusShare> shares;
  for (const auto& text : blocks.texts()) shares.push_back({text.size(), config.data.train[shares.size()].weight});
  if (config.data.sampling != BlockSampling::sequential) tell_shares(config.data, shares);
  return {
      std::move(shares),
      {config.data.sampling, config.data.block_size, rows_of(config.data), static_cast<std::uint64_t>(config.seed)}};
}

// Each text as often as it is long.
BlockOrder random_order(const Config& config, const TokenBlocks& blocks) {
  std::vector<CorpusShare> shares;
  for (const auto& text : blocks.texts()) shares.push_back({text.size(), static_cast<double>(text.size())});
  return {std::move(shares),
          {BlockSampling::random_blocks, config.data.block_size, rows_of(config.data), kValidationSeed}};
}

std::optional<SegmentMemory> memory_of(const Config& config, const BlockOrder& order, at::Device device) {
  const auto& model = config.model;
  if (model.memory_length == 0) return std::nullopt;
  const auto rows = static_cast<std::int64_t>(order.rows(0, 0).size());
  return SegmentMemory({rows, model.decoder_layers, model.memory_length, model.d_model, device});
}

LanguageInput input_of(const Batch& batch, DecoderState* memory) {
  return {batch["tokens"], batch.find("segments"), batch.find("positions"), memory};
}

// `memory`, ready for a batch of streams; null for a model without one.
DecoderState* read_on(const LanguageModel& model, const Batch& batch, DecoderState& memory) {
  if (model.memory_length() == 0) return nullptr;
  if (batch.starts_streams) memory = model.make_state({batch.rows});
  else if (memory.layers.front()->rows() > batch.rows)
    memory.reorder(torch::arange(batch.rows, batch["tokens"].options()));
  return &memory;
}

// -1 where that of one of them is not known.
std::int64_t bytes_of_texts(const TokenBlocks& blocks) {
  std::int64_t bytes = 0;
  for (const auto& text : blocks.texts()) {
    if (text.text_bytes() < 0) return -1;
    bytes += text.text_bytes();
  }
  return bytes;
}

// The sum of the nll over labels that spell text (`all`: over every label): neither starts nor ends of documents, nor
// their first tokens where no start symbol of their own precedes these.
at::Tensor nll_of_text(const LanguageModel& model, const at::Tensor& hidden, const Batch& batch,
                       const at::Tensor& all) {
  const auto& ids = model.vocabularies();
  const auto& labels = batch["labels"];
  auto left_out = labels.eq(ids.bos).logical_or(labels.eq(ids.eos));
  if (ids.bos < 0 || ids.bos == ids.eos) left_out = left_out.logical_or(batch["tokens"].eq(ids.eos));
  left_out = left_out.logical_and(labels.ge(0));
  if (!left_out.any().item<bool>()) return all;  // sync: validation reports
  return term_of(model.head().loss(hidden, labels.masked_fill(left_out, kNoLabel)), "nll").sum;
}

std::vector<LanguageValidation> validation_sets(const Config& config, LanguageCorpora& corpora, const BlockShape& shape,
                                                at::Device device) {
  std::vector<LanguageValidation> sets;
  for (auto& set : corpora.validation())
    sets.emplace_back(config, set.name, TokenBlocks(std::move(set.texts), shape), device);
  return sets;
}

}  // namespace

LanguageValidation::LanguageValidation(const Config& config, std::string name, TokenBlocks blocks, at::Device device)
    : name_(std::move(name)),
      label_smoothing_(*config.training.label_smoothing),
      blocks_(std::move(blocks)),
      random_(random_order(config, blocks_)),
      streams_(config.training.validate_batches == 0 && config.data.sampling != BlockSampling::packed),
      rows_(rows_of(config.data)),
      batches_(config.training.validate_batches),
      device_(device) {
  if (batches_ > 0) blocks_.require_whole_blocks("validation");
}

Metrics LanguageValidation::measure(LanguageModel& model) const {
  const torch::NoGradGuard no_grad;
  at::Tensor loss = torch::zeros({}, torch::kDouble), nll = loss.clone(), count = loss.clone();
  const auto all = batches_ > 0 ? batches_ : blocks_.whole_batches(rows_);
  DecoderState memory;
  const auto bytes = batches_ > 0 ? -1 : bytes_of_texts(blocks_);
  at::Tensor spelled = loss.clone();  // the nll of tokens that spell text
  for (std::int64_t i = 0; i < all; ++i) {
    throw_if_interrupted();
    const auto batch = (batches_ > 0 ? blocks_.batch(random_.rows(0, i)) : blocks_.whole_batch(rows_, i)).to(device_);
    const auto hidden = model.hidden(input_of(batch, streams_ ? read_on(model, batch, memory) : nullptr), {});
    const auto terms = model.head().loss(hidden, batch["labels"], {label_smoothing_});
    const auto &smoothed = term_of(terms, "loss"), &plain = term_of(terms, "nll");
    if (bytes > 0) spelled += nll_of_text(model, hidden, batch, plain.sum).to(at::kCPU, at::kDouble);
    loss += smoothed.sum.to(at::kCPU, at::kDouble);  // sync: validation reports
    nll += plain.sum.to(at::kCPU, at::kDouble);
    count += smoothed.count.to(at::kCPU, at::kDouble);
  }
  const double mean = (nll / count).item<double>();
  Metrics metrics{name_, {{"loss", (loss / count).item<double>()}, {"nll", mean}, {"perplexity", std::exp(mean)}}};
  if (bytes > 0) metrics.values["bits_per_byte"] = spelled.item<double>() / std::log(2.0) / static_cast<double>(bytes);
  return metrics;
}

std::vector<LanguageValidation> read_language_sets(const Config& config, const Tokenizers& tokenizers,
                                                   at::Device device) {
  const DataCache none;
  LanguageCorpora corpora(config.data, tokenizers, none);
  return validation_sets(config, corpora, shape_of(config, tokenizers), device);
}

LanguageModelTask::LanguageModelTask(const Config& config, const Tokenizers& tokenizers, at::Device device,
                                     const DataCache& cache)
    : LanguageModelTask(config, LanguageCorpora(config.data, tokenizers, cache), shape_of(config, tokenizers), device) {
}

LanguageModelTask::LanguageModelTask(const Config& config, LanguageCorpora corpora, const BlockShape& shape,
                                     at::Device device)
    : label_smoothing_(*config.training.label_smoothing),
      blocks_(corpora.training(), shape),
      order_(order_of(config, blocks_)),
      validation_(validation_sets(config, corpora, shape, device)),
      memory_(memory_of(config, order_, device)) {
  if (config.data.sampling == BlockSampling::random_blocks) blocks_.require_whole_blocks("training");
}

std::unique_ptr<BatchStream> LanguageModelTask::train_stream(Cursor start) {
  BatchStream::Source source;
  source.pools = [](std::int64_t) { return 1; };  // nothing is read ahead of a batch
  source.load = [this](std::int64_t epoch, std::int64_t) -> BatchStream::Batches {
    return {order_.batches(epoch), [this, epoch](std::int64_t i) { return batch(epoch, i); }};
  };
  return std::make_unique<BatchStream>(std::move(source), start);
}

Batch LanguageModelTask::batch(std::int64_t epoch, std::int64_t index) const {
  auto made = blocks_.batch(order_.rows(epoch, index));
  made.starts_streams = index == 0;
  return made;
}

void LanguageModelTask::begin_update(bool again) {
  if (again) memory_ = before_;
  else before_ = memory_;
}

std::vector<LossTerm> LanguageModelTask::loss(Model& model, const Batch& batch, ForwardContext& context) {
  auto& language_model = model_as<LanguageModel>(model, "language_model");
  if (!memory_) return language_model.loss(input_of(batch, nullptr), batch["labels"], context, {label_smoothing_});
  if (batch.starts_streams) memory_->forget();
  auto state = memory_->begin(language_model, batch.rows);
  auto terms = language_model.loss(input_of(batch, &state), batch["labels"], context, {label_smoothing_});
  memory_->end(state);
  return terms;
}

std::vector<Metrics> LanguageModelTask::validate(Model& model) {
  std::vector<Metrics> all;
  for (const auto& set : validation_) all.push_back(set.measure(model_as<LanguageModel>(model, "language_model")));
  return all;
}

void LanguageModelTask::save(StateDict& state) const {
  if (memory_) memory_->save(state);
}

void LanguageModelTask::load(const StateDict& state) {
  if (memory_) memory_->load(state);
}

}  // namespace attend
