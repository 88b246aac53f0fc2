#include "attend/decoding/generator.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/decoding/banned.h"
#include "attend/decoding/beam_search.h"
#include "attend/decoding/prompt_checks.h"
#include "attend/decoding/sampling.h"
#include "attend/decoding/translator.h"
#include "attend/text/text_fit.h"

namespace attend {
namespace {

constexpr std::int64_t kToldPrompts = 3;  // of those that are too long, one by one

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
  Listener(const Generator& generator, std::span<const Prompt> prompts, const TextSink& sink)
      : generator_(generator), prompts_(prompts), sink_(sink) {
    const GeneratorOptions& options = generator.options_;
    for (const Prompt& prompt : prompts)
      for (std::int64_t sample = 0; sample < options.samples; ++sample)
        texts_.emplace_back(*generator.tokenizer_, prompt.ids, options.stops);
  }

  bool ends(const Growth& growth) override {
    if (generator_.options_.beam > 0) return is_stopped(growth);
    auto& text = texts_[growth.sentence * static_cast<std::size_t>(generator_.options_.samples) + static_cast<std::size_t>(growth.sample)];
    std::string piece = text.add(growth.tokens.back());
    const bool last = growth.last || text.stopped();
    if (last) piece += text.finish();
    if (sink_ && (last || !piece.empty())) sink_({prompts_[growth.sentence].number, growth.sample, piece, last});
    return text.stopped();
  }

 private:
  // Hypotheses of a beam branch, so each is read from its beginning.
  bool is_stopped(const Growth& growth) const {
    ContinuationText text(*generator_.tokenizer_, prompts_[growth.sentence].ids, generator_.options_.stops);
    for (const std::int32_t token : growth.tokens) text.add(token);
    return text.stopped();
  }

  const Generator& generator_;
  std::span<const Prompt> prompts_;
  const TextSink& sink_;
  std::vector<ContinuationText> texts_;  // prompt by prompt, of each sample
};

Generator::Generator(Scorer& scorer, std::shared_ptr<const Tokenizer> tokenizer, const GeneratorOptions& options)
    : scorer_(scorer), tokenizer_(std::move(tokenizer)), options_(options) {
  search_.decoding = decoding_of(options_);
  search_.special = tokenizer_->special();
  if (options_.end >= 0) search_.special.eos = options_.end;
  search_.nbest = options_.samples;
  search_.banned = banned_ids(options_.generation.ban, *tokenizer_, "generation.ban");
  search_.banned.insert(search_.banned.end(), options_.banned.begin(), options_.banned.end());
  if (options_.beam == 0) search_.sampling = sampling_of(options_.generation);
  // Rows of the model beyond the vocabulary mean nothing.
  for (auto id = static_cast<std::int32_t>(tokenizer_->size()); id < scorer_.vocabulary_size(); ++id) search_.banned.push_back(id);
  warn_of_stops(*tokenizer_, options_.stops);
}

std::vector<std::vector<Generation>> Generator::generate(const Prompts& prompts, const TextSink& sink) const {
  auto encoded = encode(prompts);
  std::stable_sort(encoded.begin(), encoded.end(), [](const Prompt& a, const Prompt& b) { return a.ids.size() > b.ids.size(); });
  std::vector<std::vector<Generation>> results(prompts.text.size(), std::vector<Generation>(1));
  for (std::size_t begin = 0, end = 0; begin < encoded.size(); begin = end) {
    end = batch_end(encoded, begin);
    const auto batch = std::span<const Prompt>(encoded).subspan(begin, end - begin);
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

std::vector<Generator::Prompt> Generator::encode(const Prompts& prompts) const {
  std::vector<Prompt> encoded;
  std::int64_t cropped = 0, unknown = 0, dropped = 0, specials = 0;
  UnknownLines unknown_prompts("generate", "prompt");
  const SpecialIds special = tokenizer_->special();
  const auto longest = static_cast<std::size_t>(options_.context);
  for (std::size_t i = 0; i < prompts.text.size(); ++i) {
    auto ids = tokenizer_->encode(prompts.text[i]);
    if (ids.empty() && !prompts.may_start_empty) continue;
    unknown += special.unk < 0 ? 0 : std::count(ids.begin(), ids.end(), special.unk);
    unknown_prompts.add(prompts.first + static_cast<std::int64_t>(i), is_unknown(*tokenizer_, ids));
    dropped += drops_end(*tokenizer_, prompts.text[i]);
    specials += tokenizer_->count_specials(prompts.text[i]);
    if (ids.empty()) ids.push_back(start_symbol());
    else if (options_.documents_start && special.bos >= 0 && special.bos != special.eos) ids.insert(ids.begin(), special.bos);
    if (ids.size() > longest) {
      if (++cropped <= kToldPrompts)
        log_warning("[generate] prompt ", prompts.first + static_cast<std::int64_t>(i), ": expected at most ", longest,
                    " tokens, which is the context of the model, got ", ids.size(), "; its beginning is left out");
      ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(longest));
    }
    encoded.push_back({i, std::move(ids)});
  }
  if (cropped > kToldPrompts) log_warning("[generate] so were ", format_count(cropped - kToldPrompts), " more prompts");
  warn_of_specials("generate", {0, 0, specials}, tokenizer_->spelled_specials());
  if (dropped > 0)
    log_warning("[generate] ", format_count(dropped), dropped == 1 ? " prompt ends" : " prompts end", " in spaces or line ends, which the tokenizer of this model drops: the model goes on as without them");
  if (unknown > 0) log_warning("[generate] ", format_count(unknown), " tokens of the prompts are unknown to the model: it never saw what they stand for");
  return encoded;
}

std::int32_t Generator::start_symbol() const {
  const SpecialIds special = tokenizer_->special();
  const std::int32_t start = special.bos >= 0 ? special.bos : special.eos;
  if (start < 0)
    throw DataError("[generate] expected a prompt with at least one token, got an empty one; the tokenizer of this model has neither "
                    "a start nor an end symbol to begin with");
  return start;
}

// Prompts are sorted, so the first of a batch is its longest.
std::size_t Generator::batch_end(std::span<const Prompt> prompts, std::size_t begin) const {
  const auto width = static_cast<std::int64_t>(prompts[begin].ids.size()) + options_.generation.max_new_tokens;
  const auto hypotheses = static_cast<std::size_t>(std::max(options_.beam, options_.samples));
  const auto tokens = hypotheses * static_cast<std::size_t>(std::min(width, options_.context));
  const auto scores = hypotheses * static_cast<std::size_t>(scorer_.vocabulary_size());
  const auto rows = std::min(static_cast<std::size_t>(options_.batch_tokens) / tokens, kMaxScores / scores);
  return std::min(prompts.size(), begin + std::max<std::size_t>(rows, 1));
}

std::vector<std::vector<Hypothesis>> Generator::search(std::span<const Prompt> prompts, std::int64_t first, const TextSink& sink) const {
  const auto width = static_cast<std::int64_t>(prompts.front().ids.size());
  SourceBatch batch;
  batch.ids = at::zeros({static_cast<std::int64_t>(prompts.size()), width}, at::kLong);
  auto* row = batch.ids.mutable_data_ptr<std::int64_t>();
  for (const Prompt& prompt : prompts) {
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
  for (auto& samples : found) std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.sample < b.sample; });
  return found;
}

std::string Generator::text_of(const Prompt& prompt, std::span<const std::int32_t> tokens) const {
  ContinuationText continuation(*tokenizer_, prompt.ids, options_.stops);
  std::string text;
  for (const std::int32_t token : tokens) text += continuation.add(token);
  return text + continuation.finish();
}

}  // namespace attend
