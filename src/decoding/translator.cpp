#include "attend/decoding/translator.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/core/workers.h"
#include "attend/decoding/sampling.h"

namespace attend {
namespace {

// A tokenizer of bytes can generate anything; a line of output stays one line of UTF-8.
std::string on_one_line(std::string text) {
  if (!is_valid_utf8(text)) text = encode_utf8(decode_utf8(text));
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  return text;
}

// For each target token but the end symbol the source token with the largest weight; the last source token is its end symbol.
std::vector<std::int64_t> align(const Hypothesis& hypothesis, std::int32_t eos) {
  std::vector<std::int64_t> aligned;
  for (std::size_t t = 0; t < hypothesis.attention.size(); ++t) {
    const auto& row = hypothesis.attention[t];
    if (hypothesis.token_ids[t] != eos && row.size() > 1)
      aligned.push_back(std::max_element(row.begin(), row.end() - 1) - row.begin());
  }
  return aligned;
}

}  // namespace

TranslatorOptions translator_options_of(const Config& config) {
  TranslatorOptions options;
  options.decoding = config.decoding;
  const PositionConfig& source = encoder_position_of(config.model);
  const PositionConfig& target = decoder_position_of(config.model);
  if (source.type == PositionType::learned) options.max_source_tokens = source.max_length;
  if (target.type == PositionType::learned)
    options.decoding.max_length = std::min(options.decoding.max_length, target.max_length);
  return options;
}

Translator::Translator(std::vector<Scorer*> scorers, std::shared_ptr<const Tokenizer> source,
                       std::shared_ptr<const Tokenizer> target, const TranslatorOptions& options)
    : scorers_(std::move(scorers)), source_(std::move(source)), target_(std::move(target)), options_(options) {}

std::vector<std::vector<Translation>> Translator::translate(const SourceLines& lines) const {
  auto sources = encode(lines);
  // Longest first: the batch that needs most memory comes at once, and neighbours differ least in length. Prefixes of a
  // batch are equally long, so that one pass takes them in.
  const auto key = [](const Source& source) { return std::tuple(source.prefix.size(), source.ids.size()); };
  std::stable_sort(sources.begin(), sources.end(), [&](const Source& a, const Source& b) { return key(a) > key(b); });
  std::vector<std::span<const Source>> batches;
  for (std::size_t begin = 0, end = 0; begin < sources.size(); begin = end) {
    end = batch_end(sources, begin);
    batches.push_back(std::span(sources).subspan(begin, end - begin));
  }

  std::vector<std::vector<Translation>> results(lines.text.size(), std::vector<Translation>(1));
  const auto workers = static_cast<std::int64_t>(scorers_.size()), jobs = static_cast<std::int64_t>(batches.size());
  share_jobs(workers, jobs, [&](std::int64_t worker, std::int64_t job) {
    const auto& batch = batches[job];
    auto found = search(*scorers_[worker], make_batch(batch, lines.first));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto& translations = results[batch[i].line];
      translations.clear();
      for (Hypothesis& hypothesis : found[i]) translations.push_back(read(std::move(hypothesis)));
    }
  });
  return results;
}

// The lines that hold something.
std::vector<Translator::Source> Translator::encode(const SourceLines& lines) const {
  std::vector<Source> sources;
  const auto longest = static_cast<std::size_t>(options_.max_source_tokens - 1);  // the end symbol comes on top
  for (std::size_t i = 0; i < lines.text.size(); ++i) {
    auto ids = source_->encode(lines.text[i]);
    if (ids.empty()) continue;
    if (ids.size() > longest) {
      log_warning("[translate] line ", lines.first + static_cast<std::int64_t>(i), ": expected at most ", longest,
                  " source tokens, got ", ids.size(), "; the rest is left out");
      ids.resize(longest);
    }
    ids.push_back(source_->special().eos);
    sources.push_back({i, std::move(ids), encode_prefix(lines, i)});
  }
  return sources;
}

std::vector<std::int32_t> Translator::encode_prefix(const SourceLines& lines, std::size_t i) const {
  if (lines.prefixes.empty()) return {};
  auto ids = target_->encode(lines.prefixes[i]);
  const auto longest = static_cast<std::size_t>(options_.decoding.max_length - 1);  // so that something may follow
  if (ids.size() > longest) {
    log_warning("[translate] line ", lines.first + static_cast<std::int64_t>(i), ": expected a prefix of at most ", longest,
                " tokens, got ", ids.size(), "; the rest is left out");
    ids.resize(longest);
  }
  return ids;
}

// Sources are sorted, so the first of a batch is its longest.
std::size_t Translator::batch_end(const std::vector<Source>& sources, std::size_t begin) const {
  const auto scores_of_row = static_cast<std::size_t>(options_.decoding.beam_size * target_->size());
  const auto rows = std::min(static_cast<std::size_t>(options_.batch_tokens) / sources[begin].ids.size(), kMaxScores / scores_of_row);
  std::size_t end = begin + 1;
  while (end < sources.size() && end < begin + rows && sources[end].prefix.size() == sources[begin].prefix.size()) ++end;
  return end;
}

SourceBatch Translator::make_batch(std::span<const Source> sources, std::int64_t first_line) const {
  const auto width = static_cast<std::int64_t>(sources.front().ids.size());
  SourceBatch batch;
  batch.ids = at::full({static_cast<std::int64_t>(sources.size()), width}, source_->special().pad, at::kLong);
  auto* row = batch.ids.mutable_data_ptr<std::int64_t>();
  for (const Source& source : sources) {
    std::copy(source.ids.begin(), source.ids.end(), row);
    row += width;
    batch.lengths.push_back(static_cast<std::int64_t>(source.ids.size()));
    batch.prefixes.push_back(source.prefix);
    batch.lines.push_back(first_line + static_cast<std::int64_t>(source.line));
  }
  return batch;
}

std::vector<std::vector<Hypothesis>> Translator::search(Scorer& scorer, const SourceBatch& batch) const {
  const SearchOptions options{options_.decoding, target_->special(), options_.nbest, options_.sampling, options_.banned,
                              options_.attention};
  return options.sampling ? sample(scorer, batch, options) : beam_search(scorer, batch, options);
}

Translation Translator::read(Hypothesis hypothesis) const {
  auto text = on_one_line(target_->decode(hypothesis.token_ids));
  auto aligned = align(hypothesis, target_->special().eos);
  return {std::move(text), std::move(hypothesis), std::move(aligned)};
}

}  // namespace attend
