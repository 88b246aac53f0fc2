#include "attend/decoding/generator.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/decoding/banned.h"
#include "attend/decoding/beam_search.h"
#include "attend/decoding/prompt_checks.h"
#include "attend/decoding/sampling.h"
#include "attend/decoding/translator.h"

namespace attend {
namespace {

// A beam ranks as the model's `decoding` says; limits and rules are those of `generation`.
DecodingConfig decoding_of(const GeneratorOptions& options) {
  DecodingConfig decoding = options.decoding;
  const GenerationConfig& generation = options.generation;
  decoding.beam_size = std::max<std::int64_t>(options.beam, 1);
  decoding.max_length = decoding.max_length_offset = generation.max_new_tokens;
  decoding.max_length_ratio = 0;
  decoding.min_length = 0;
  decoding.coverage_penalty = 0;
  decoding.repetition_penalty = generation.repetition_penalty;
  decoding.presence_penalty = generation.presence_penalty;
  decoding.frequency_penalty = generation.frequency_penalty;
  decoding.no_repeat_ngram = generation.no_repeat_ngram;
  return decoding;
}

SamplingOptions sampling_of(const GenerationConfig& generation) {
  return {generation.temperature, generation.top_k, generation.top_p, static_cast<std::uint64_t>(generation.seed),
          generation.min_p, generation.typical};
}

}  // namespace

// Writes the text of a batch while it grows, and looks for stop strings in it.
class Generator::Listener final : public GrowthListener {
 public:
  Listener(const Generator& generator, std::span<const Encoded> prompts, const TextSink& sink)
      : generator_(generator), prompts_(prompts), sink_(sink) {
    for (const Encoded& prompt : prompts)
      for (std::int64_t sample = 0; sample < generator.options_.samples; ++sample)
        texts_.push_back(generator.text_behind(prompt));
  }

  bool ends(const Growth& growth) override {
    if (generator_.options_.beam > 0) return is_stopped(growth);
    auto& text = texts_[growth.sentence * static_cast<std::size_t>(generator_.options_.samples) +
                        static_cast<std::size_t>(growth.sample)];
    std::string piece = text.add(growth.tokens.back());
    const bool last = growth.last || text.stopped();
    if (last) piece += text.finish();
    if (sink_ && (last || !piece.empty())) sink_({prompts_[growth.sentence].number, growth.sample, piece, last});
    return text.stopped();
  }

 private:
  // Hypotheses of a beam branch, so each is read from its beginning.
  bool is_stopped(const Growth& growth) const {
    auto text = generator_.text_behind(prompts_[growth.sentence]);
    for (const std::int32_t token : growth.tokens) text.add(token);
    if (growth.last) text.finish();
    return text.stopped();
  }

  const Generator& generator_;
  std::span<const Encoded> prompts_;
  const TextSink& sink_;
  std::vector<ContinuationText> texts_;  // prompt by prompt, of each sample
};

Generator::Generator(Scorer& scorer, std::shared_ptr<const Tokenizer> tokenizer, const GeneratorOptions& options)
    : scorer_(scorer), tokenizer_(std::move(tokenizer)), options_(options) {
  search_.decoding = decoding_of(options_);
  search_.special = options_.special.value_or(tokenizer_->special());
  search_.nbest = options_.samples;
  search_.banned = banned_ids(options_.generation.ban, *tokenizer_, "generation.ban");
  search_.banned.insert(search_.banned.end(), options_.banned.begin(), options_.banned.end());
  for (const TokenBias& bias : options_.biases) {
    if (std::isinf(bias.bias)) search_.banned.push_back(bias.token);
    else search_.biases.push_back(bias);
  }
  search_.min_new_tokens = options_.generation.min_new_tokens;
  search_.penalty_last = options_.generation.penalty_last;
  if (options_.beam == 0) search_.sampling = sampling_of(options_.generation);
  // Rows of the model beyond the vocabulary mean nothing.
  for (auto id = static_cast<std::int32_t>(tokenizer_->size()); id < scorer_.vocabulary_size(); ++id)
    if (id != search_.special.eos) search_.banned.push_back(id);
  warn_of_stops(*tokenizer_, options_.stops);
  warnings_ = std::make_unique<PromptWarnings>(options_.window, *tokenizer_);
}

Generator::~Generator() = default;

std::vector<std::vector<Generation>> Generator::generate(const Prompts& prompts, const TextSink& sink) const {
  auto encoded = encode(prompts);
  std::stable_sort(encoded.begin(), encoded.end(),
                   [](const Encoded& a, const Encoded& b) { return a.ids.size() > b.ids.size(); });
  std::vector<std::vector<Generation>> results(prompts.all.size(), std::vector<Generation>(1));
  for (std::size_t begin = 0, end = 0; begin < encoded.size(); begin = end) {
    end = batch_end(encoded, begin);
    const auto batch = std::span<const Encoded>(encoded).subspan(begin, end - begin);
    auto found = search(batch, prompts.first, sink);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& generations = results[batch[i].number];
      generations.clear();
      for (Hypothesis& hypothesis : found[i]) {
        std::string text = text_of(batch[i], hypothesis.token_ids);
        generations.push_back({std::move(text), std::move(hypothesis)});
      }
    }
  }
  return results;
}

std::vector<Generator::Encoded> Generator::encode(const Prompts& prompts) const {
  std::vector<Encoded> encoded;
  for (std::size_t i = 0; i < prompts.all.size(); ++i) {
    const Prompt& prompt = prompts.all[i];
    auto ids = prompt.ids ? *prompt.ids : tokenizer_->encode(prompt.text);
    if (ids.empty() && !prompt.may_be_empty) continue;
    const auto number = prompts.first + static_cast<std::int64_t>(i);
    if (!prompt.ids) warnings_->read(number, prompt.text, ids);
    const bool stands = prompt.ids && !ids.empty();
    encoded.push_back({i, stands ? std::move(ids) : begun(std::move(ids))});
    warnings_->look(number, encoded.back().ids);
  }
  return encoded;
}

// Behind what stood before a text in training.
std::vector<std::int32_t> Generator::begun(std::vector<std::int32_t> ids) const {
  const TextStart& start = options_.start;
  if (!ids.empty() && start.symbol >= 0) ids.insert(ids.begin(), start.symbol);
  if (!ids.empty()) return ids;
  if (start.of_empty.empty())
    throw DataError(
        "[generate] expected a prompt with at least one token, got an empty one; this model has neither a start ",
        "symbol nor an end symbol nor a line end to begin with");
  if (!start.instead.empty()) warnings_->begin_behind(start.instead);
  return start.of_empty;
}

// Prompts are sorted, so the first of a batch is its longest.
std::size_t Generator::batch_end(std::span<const Encoded> prompts, std::size_t begin) const {
  const auto width = static_cast<std::int64_t>(prompts[begin].ids.size()) + options_.generation.max_new_tokens;
  const auto hypotheses = static_cast<std::size_t>(std::max(options_.beam, options_.samples));
  const auto tokens = hypotheses * static_cast<std::size_t>(std::min(width, options_.window.context));
  const auto scores = hypotheses * static_cast<std::size_t>(scorer_.vocabulary_size());
  const auto rows = std::min(static_cast<std::size_t>(options_.batch_tokens) / tokens, kMaxScores / scores);
  return std::min(prompts.size(), begin + std::max<std::size_t>(rows, 1));
}

std::vector<std::vector<Hypothesis>> Generator::search(std::span<const Encoded> prompts, std::int64_t first,
                                                       const TextSink& sink) const {
  const auto width = static_cast<std::int64_t>(prompts.front().ids.size());
  SourceBatch batch;
  batch.ids = at::zeros({static_cast<std::int64_t>(prompts.size()), width}, at::kLong);
  auto* row = batch.ids.mutable_data_ptr<std::int64_t>();
  for (const Encoded& prompt : prompts) {
    std::copy(prompt.ids.begin(), prompt.ids.end(), row);
    row += width;
    batch.lengths.push_back(static_cast<std::int64_t>(prompt.ids.size()));
    batch.lines.push_back(first + static_cast<std::int64_t>(prompt.number));
  }
  Listener listener(*this, prompts, sink);
  SearchOptions options = search_;
  if (sink || !options_.stops.empty()) options.listener = &listener;
  if (!options.sampling) return beam_search(scorer_, batch, options);
  auto found = sample(scorer_, batch, options);
  for (auto& samples : found)
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.sample < b.sample; });
  return found;
}

ContinuationText Generator::text_behind(const Encoded& prompt) const {
  return {*tokenizer_, prompt.ids, {options_.stops, options_.generation.min_new_tokens, search_.special.eos}};
}

std::string Generator::text_of(const Encoded& prompt, std::span<const std::int32_t> tokens) const {
  ContinuationText continuation = text_behind(prompt);
  std::string text;
  for (const std::int32_t token : tokens) text += continuation.add(token);
  return text + continuation.finish();
}

}  // namespace attend
