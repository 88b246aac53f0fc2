#include "attend/decoding/translator.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/core/workers.h"
#include "attend/decoding/banned.h"
#include "attend/decoding/sampling.h"
#include "attend/text/text_fit.h"

namespace attend {
namespace {

// A tokenizer of bytes can generate anything; a line of output stays one line of UTF-8.
std::string on_one_line(std::string text) {
  if (!is_valid_utf8(text)) text = encode_utf8(decode_utf8(text));
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\0') c = ' ';
  return text;
}

// For each of the first rows the column with the largest weight; the last column is the end symbol's.
std::vector<std::int64_t> align(const AttentionRows& attention, std::size_t rows) {
  std::vector<std::int64_t> aligned;
  for (std::size_t t = 0; t < std::min(rows, attention.size()); ++t)
    if (const auto& row = attention[t]; row.size() > 1)
      aligned.push_back(std::max_element(row.begin(), row.end() - 1) - row.begin());
  return aligned;
}

// The prefix that all corpora have.
std::string common(const std::vector<CorpusConfig>& corpora, std::string CorpusConfig::*prefix) {
  const auto differs = [&](const CorpusConfig& corpus) { return corpus.*prefix != corpora.front().*prefix; };
  return corpora.empty() || std::ranges::any_of(corpora, differs) ? "" : corpora.front().*prefix;
}

// Says of each translation which constraints it holds, and of the first that lacks one which.
void report(const Constraints& constraints, std::int64_t number, std::vector<Translation>& translations) {
  bool told = false;
  for (Translation& translation : translations) {
    const auto& missing = translation.constraints.emplace(
        report_constraints(constraints, translation.text, translation.hypothesis.token_ids.empty())).missing;
    for (std::size_t i = 0; i < missing.size() && !told; ++i)
      log_warning("[--constraints] line ", number, ": \"", missing[i].phrase,
                  "\" is not in the translation: ", missing[i].reason);
    told = told || !missing.empty();
  }
}

}  // namespace

TranslatorOptions translator_options_of(const Config& config) {
  TranslatorOptions options;
  options.decoding = config.decoding;
  if (const auto source = longest_sequence(encoder_position_of(config.model))) options.max_source_tokens = *source;
  if (const auto target = longest_sequence(decoder_position_of(config.model)))
    options.decoding.max_length = std::min(options.decoding.max_length.value_or(*target), *target);
  return options;
}

std::string source_tag_of(const Config& config) { return common(config.data.train, &CorpusConfig::source_prefix); }

std::string target_tag_of(const Config& config) { return common(config.data.train, &CorpusConfig::target_prefix); }

bool begins_with_tag(std::string_view line, std::string_view tag) {
  return tag.empty() || (line.starts_with(tag) && (line.size() == tag.size() || line[tag.size()] == ' '));
}

std::string limit_note(std::int64_t cut, std::int64_t translations, const DecodingConfig& decoding) {
  const auto by_source =
      concat(format_double(decoding.max_length_ratio), " x source tokens + ", decoding.max_length_offset);
  const auto least =
      decoding.min_length > 0 ? concat("max(", by_source, ", ", decoding.min_length + 1, ")") : by_source;
  return concat(format_count(cut), " of ", format_count(translations), " translations met their limit, min(", least,
                ", ", longest_output(decoding),
                ") tokens, and are cut; decoding.max_length, max_length_ratio and max_length_offset raise it");
}

Translator::Translator(std::vector<Scorer*> scorers, std::shared_ptr<const Tokenizer> source,
                       std::shared_ptr<const Tokenizer> target, const TranslatorOptions& options)
    : scorers_(std::move(scorers)), source_(std::move(source)), target_(std::move(target)), options_(options),
      search_{options.decoding, target_->special(), options.nbest, options.sampling,
              banned_ids(options.decoding.ban, *target_, "decoding.ban"), options.attention || options.copied_words} {
  // Of texts that are equal one stays, so more hypotheses than are wanted are asked for.
  if (options_.decoding.distinct) search_.nbest = hypotheses();
}

std::vector<std::vector<Translation>> Translator::translate(const SourceLines& lines) const {
  const LineConstraints constraints = read_constraints(lines);
  auto sources = encode(lines, constraints);
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
    auto found = search(*scorers_[worker], make_batch(batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      results[batch[i].line] = read(std::move(found[i]), batch[i]);
    }
  });
  for (std::size_t i = 0; i < constraints.size(); ++i)
    if (constraints[i]) report(*constraints[i], lines.line(i), results[i]);
  return results;
}

Translator::LineConstraints Translator::read_constraints(const SourceLines& lines) const {
  LineConstraints constraints;
  if (lines.constraints.empty()) return constraints;
  const ConstraintReader reader(*target_,
                                {search_.banned, options_.decoding.no_repeat_ngram, longest_output(options_.decoding)});
  for (std::size_t i = 0; i < lines.constraints.size(); ++i)
    constraints.push_back(reader.read(lines.constraints[i], lines.line(i)));
  return constraints;
}

// The lines that hold something.
std::vector<Translator::Source> Translator::encode(const SourceLines& lines, const LineConstraints& constraints) const {
  std::vector<Source> sources;
  const auto longest = static_cast<std::size_t>(options_.max_source_tokens - 1);  // the end symbol comes on top
  const SpecialIds special = source_->special();
  for (std::size_t i = 0; i < lines.text.size(); ++i) {
    auto ids = source_->encode(lines.text[i]);
    if (ids.empty()) continue;
    const bool unknown = is_unknown(*source_, ids);
    const std::string& tag = options_.source_tag;
    const bool is_tagged = begins_with_tag(lines.text[i], tag);
    const std::string text = is_tagged ? lines.text[i] : concat(tag, " ", lines.text[i]);
    if (!is_tagged) ids = source_->encode(text);
    Source source{i, lines.number(i), std::move(ids)};
    source.facts = {static_cast<std::int64_t>(source.ids.size()) + 1, unknown};
    if (needs_words()) {
      source.text = text;
      source.spans = source_->spans(text);
    }
    if (source.ids.size() > longest) {
      log_warning("[translate] line ", lines.line(i), ": expected at most ", longest, " source tokens, got ",
                  source.ids.size(), "; the rest is left out");
      source.ids.resize(longest);
    }
    source.spans.resize(std::min(source.spans.size(), source.ids.size()));
    source.ids.push_back(special.eos);
    source.constraints = constraints.empty() ? nullptr : constraints[i].get();
    encode_prefix(lines, source);
    if (source.constraints != nullptr)
      check_room(source.constraints->tokens(), static_cast<std::int64_t>(source.prefix.size()),
                 longest_output(options_.decoding), lines.line(i));
    sources.push_back(std::move(source));
  }
  return sources;
}

// A tag and what follows it have white space between them, as in training.
void Translator::encode_prefix(const SourceLines& lines, Source& source) const {
  auto& ids = source.prefix;
  if (!lines.tags.empty()) ids = target_->encode(lines.tags[source.line]);
  source.tag = ids.size();
  if (!lines.prefixes.empty() && !lines.prefixes[source.line].empty()) {
    const auto& prefix = lines.prefixes[source.line];
    const auto more = target_->encode(ids.empty() ? prefix : " " + prefix);
    ids.insert(ids.end(), more.begin(), more.end());
  }
  const auto longest = static_cast<std::size_t>(longest_output(options_.decoding) - 1);  // so that something may follow
  if (ids.size() <= longest) return;
  log_warning("[translate] line ", lines.line(source.line), ": expected a prefix of at most ", longest,
              " tokens, got ", ids.size(), "; the rest is left out");
  ids.resize(longest);
  source.tag = std::min(source.tag, longest);
}

// Sources are sorted, so the first of a batch is its longest.
std::size_t Translator::batch_end(const std::vector<Source>& sources, std::size_t begin) const {
  const auto hypotheses = static_cast<std::size_t>(this->hypotheses());
  const auto tokens = static_cast<std::size_t>(options_.batch_tokens * kMostHypotheses) /
                      std::max<std::size_t>(hypotheses, kMostHypotheses);
  const auto rows = std::min(tokens / sources[begin].ids.size(),
                             kMaxScores / (hypotheses * static_cast<std::size_t>(target_->size())));
  std::size_t end = begin + 1;
  while (end < sources.size() && end < begin + rows && sources[end].prefix.size() == sources[begin].prefix.size())
    ++end;
  return end;
}

SourceBatch Translator::make_batch(std::span<const Source> sources) const {
  const auto width = static_cast<std::int64_t>(sources.front().ids.size());
  SourceBatch batch;
  batch.ids = at::full({static_cast<std::int64_t>(sources.size()), width}, source_->special().pad, at::kLong);
  auto* row = batch.ids.mutable_data_ptr<std::int64_t>();
  for (const Source& source : sources) {
    std::copy(source.ids.begin(), source.ids.end(), row);
    row += width;
    batch.lengths.push_back(static_cast<std::int64_t>(source.ids.size()));
    batch.prefixes.push_back(source.prefix);
    batch.constraints.push_back(source.constraints);
    batch.tags.push_back(source.tag);
    batch.lines.push_back(source.number);
  }
  return batch;
}

std::vector<std::vector<Hypothesis>> Translator::search(Scorer& scorer, const SourceBatch& batch) const {
  return search_.sampling ? sample(scorer, batch, search_) : beam_search(scorer, batch, search_);
}

// With decoding.distinct only the best of equal texts.
std::vector<Translation> Translator::read(std::vector<Hypothesis> found, const Source& source) const {
  std::vector<Translation> translations;
  std::unordered_set<std::string> seen;
  for (Hypothesis& hypothesis : found) {
    Translation translation = read(std::move(hypothesis), source);
    if (options_.decoding.distinct && !seen.insert(translation.text).second) continue;
    translations.push_back(std::move(translation));
    if (static_cast<std::int64_t>(translations.size()) == options_.nbest) break;
  }
  return translations;
}

Translation Translator::read(Hypothesis hypothesis, const Source& source) const {
  const auto eos = target_->special().eos;
  const bool ended = hypothesis.token_ids.back() == eos;
  const auto own = std::span(hypothesis.token_ids).subspan(source.tag);
  auto text = on_one_line(needs_words() ? read_words(hypothesis, source) : target_->decode(own));
  if (source.tag > 0 && text.starts_with(' ')) text.erase(0, 1);
  auto aligned = align(hypothesis.attention, hypothesis.attention.size() - (ended && !hypothesis.attention.empty()));
  return {std::move(text), std::move(hypothesis), std::move(aligned), source.facts, eos >= 0 && !ended};
}

// The text with words in the place of unknown tokens; attention to tokens becomes attention to words.
std::string Translator::read_words(Hypothesis& hypothesis, const Source& source) const {
  const SpecialIds special = target_->special();
  const auto ids = std::span(hypothesis.token_ids).subspan(source.tag);
  const AttentionRows attention(hypothesis.attention.begin() + static_cast<std::ptrdiff_t>(source.tag),
                                hypothesis.attention.end());
  auto texts = texts_of(*target_, ids.first(ids.size() - (ids.back() == special.eos)));
  if (options_.copied_words)
    replace_unknown(texts, ids, special.unk, attention,
                    {source.text, source.ids, source.spans, source_->special().unk, tag_size()},
                    *options_.copied_words);
  if (options_.word_alignment) hypothesis.attention = word_attention(attention, words_of(texts), source_words(source));
  return options_.copied_words ? join(texts, "") : target_->decode(ids);
}

// Of the line as it was given, without the tag.
TokenWords Translator::source_words(const Source& source) const {
  const std::size_t tag = tag_size();
  std::vector<std::size_t> starts;
  for (const TextSpan& span : source.spans) starts.push_back(std::max(span.begin, tag) - tag);
  TokenWords words = words_at(std::string_view(source.text).substr(tag), starts);
  for (std::size_t i = 0; i < source.spans.size(); ++i)
    if (source.spans[i].end < tag) words.of[i] = -1;
  return words;
}

}  // namespace attend
