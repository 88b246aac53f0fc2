#include "attend/decoding/translator.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

// A tokenizer of bytes can generate anything; a line of output stays one line of UTF-8.
std::string on_one_line(std::string text) {
  if (!is_valid_utf8(text)) text = encode_utf8(decode_utf8(text));
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  return text;
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

Translator::Translator(Scorer& scorer, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
                       const TranslatorOptions& options)
    : scorer_(scorer), source_(std::move(source)), target_(std::move(target)), options_(options) {}

std::vector<std::vector<Translation>> Translator::translate(const std::vector<std::string>& lines, std::int64_t first_line) {
  auto sources = encode(lines, first_line);
  // Longest first: the batch that needs most memory comes at once, and neighbours differ least in length.
  std::stable_sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.ids.size() > b.ids.size(); });

  std::vector<std::vector<Translation>> results(lines.size(), std::vector<Translation>(1));
  const SearchOptions search{options_.decoding, target_->special(), options_.nbest};
  for (std::size_t begin = 0, end = 0; begin < sources.size(); begin = end) {
    end = batch_end(sources, begin);
    auto found = beam_search(scorer_, make_batch(sources, begin, end), search);
    for (std::size_t i = begin; i < end; ++i) {
      auto& translations = results[sources[i].line];
      translations.clear();
      for (Hypothesis& hypothesis : found[i - begin]) translations.push_back(read(std::move(hypothesis)));
    }
  }
  return results;
}

// The lines that hold something.
std::vector<Translator::Source> Translator::encode(const std::vector<std::string>& lines, std::int64_t first_line) const {
  std::vector<Source> sources;
  const auto longest = static_cast<std::size_t>(options_.max_source_tokens - 1);  // the end symbol comes on top
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto ids = source_->encode(lines[i]);
    if (ids.empty()) continue;
    if (ids.size() > longest) {
      log_warning("[translate] line ", first_line + static_cast<std::int64_t>(i), ": expected at most ", longest,
                  " source tokens, got ", ids.size(), "; the rest is left out");
      ids.resize(longest);
    }
    ids.push_back(source_->special().eos);
    sources.push_back({i, std::move(ids)});
  }
  return sources;
}

// Sources are sorted, so the first of a batch is its longest.
std::size_t Translator::batch_end(const std::vector<Source>& sources, std::size_t begin) const {
  const auto rows = static_cast<std::size_t>(options_.batch_tokens) / sources[begin].ids.size();
  return std::min(sources.size(), begin + std::max<std::size_t>(rows, 1));
}

SourceBatch Translator::make_batch(const std::vector<Source>& sources, std::size_t begin, std::size_t end) const {
  const auto width = static_cast<std::int64_t>(sources[begin].ids.size());
  SourceBatch batch;
  batch.ids = at::full({static_cast<std::int64_t>(end - begin), width}, source_->special().pad, at::kLong);
  auto* row = batch.ids.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = begin; i < end; ++i, row += width) {
    std::copy(sources[i].ids.begin(), sources[i].ids.end(), row);
    batch.lengths.push_back(static_cast<std::int64_t>(sources[i].ids.size()));
  }
  return batch;
}

Translation Translator::read(Hypothesis hypothesis) const {
  auto text = on_one_line(target_->decode(hypothesis.token_ids));
  return {std::move(text), std::move(hypothesis)};
}

}  // namespace attend
