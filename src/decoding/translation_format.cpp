#include "attend/decoding/translation_format.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr int kWeightDecimals = 4;
constexpr double kWeightScale = 1e4;

// "0-0 1-2", or "0.9,0.1 0.2,0.8": a group for each target token.
std::string alignment_text(const Translation& translation, AlignmentFormat format) {
  std::vector<std::string> groups;
  if (format == AlignmentFormat::hard) {
    for (std::size_t t = 0; t < translation.aligned.size(); ++t)
      groups.push_back(concat(translation.aligned[t], "-", t));
  } else {
    for (const auto& row : translation.hypothesis.attention) {
      std::vector<std::string> weights;
      for (const float weight : row) weights.push_back(format_fixed(weight, kWeightDecimals));
      groups.push_back(join(weights, ","));
    }
  }
  return join(groups, " ");
}

// " ||| 0-0 1-2" or nothing
std::string alignment_field(const Translation& translation, AlignmentFormat format) {
  return format == AlignmentFormat::none ? "" : concat(kBar, alignment_text(translation, format));
}

// In a list a text that holds bars has an empty field behind it, so that the end of the text can be found again.
std::string list_field(const Translation& translation, AlignmentFormat format) {
  const bool holds_bars = translation.text.find(kBar) != std::string::npos;
  return format == AlignmentFormat::none && holds_bars ? std::string(kBar) : alignment_field(translation, format);
}

std::string as_nbest(std::int64_t line, std::span<const Translation> translations, const FormatOptions& options) {
  std::string out;
  for (const Translation& translation : translations)
    out += concat(line - 1, " ||| ", translation.text, list_field(translation, options.alignment),
                  " ||| log_prob= ", format_fixed(translation.hypothesis.log_prob, 6), " ||| ",
                  format_fixed(translation.hypothesis.score, 6), "\n");
  return out;
}

nlohmann::ordered_json alignment_json(const Translation& translation, AlignmentFormat format) {
  auto groups = nlohmann::ordered_json::array();
  if (format == AlignmentFormat::hard) {
    for (std::size_t t = 0; t < translation.aligned.size(); ++t) groups.push_back({translation.aligned[t], t});
  } else {
    for (const auto& row : translation.hypothesis.attention) {
      auto& weights = groups.emplace_back(nlohmann::ordered_json::array());
      for (const float weight : row) weights.push_back(std::round(weight * kWeightScale) / kWeightScale);
    }
  }
  return groups;
}

// {"met": 1, "missing": [{"phrase": "...", "reason": "..."}]}
nlohmann::ordered_json constraints_json(const ConstraintReport& report) {
  auto missing = nlohmann::ordered_json::array();
  for (const auto& [phrase, reason] : report.missing) missing.push_back({{"phrase", phrase}, {"reason", reason}});
  return {{"met", report.met}, {"missing", std::move(missing)}};
}

nlohmann::ordered_json hypothesis_json(const Translation& translation, const FormatOptions& options) {
  const Hypothesis& hypothesis = translation.hypothesis;
  nlohmann::ordered_json entry{{"text", translation.text},
                               {"score", hypothesis.score},
                               {"log_prob", hypothesis.log_prob},
                               {"tokens", hypothesis.tokens()},
                               {"token_ids", hypothesis.token_ids}};
  if (options.token_scores) entry["token_log_probs"] = hypothesis.token_log_probs;
  if (options.alignment != AlignmentFormat::none) entry["alignment"] = alignment_json(translation, options.alignment);
  if (translation.constraints) entry["constraints"] = constraints_json(*translation.constraints);
  return entry;
}

std::string row_of(std::int64_t line, nlohmann::ordered_json hypotheses) {
  return nlohmann::ordered_json{{"line", line}, {"hypotheses", std::move(hypotheses)}}.dump() + "\n";
}

std::string as_json(std::int64_t line, std::span<const Translation> translations, const FormatOptions& options) {
  auto hypotheses = nlohmann::ordered_json::array();
  for (const Translation& translation : translations) hypotheses.push_back(hypothesis_json(translation, options));
  return row_of(line, std::move(hypotheses));
}

std::string joined(const SplitLine& split, std::span<const Translation> sentences) {
  std::string text = split.before;
  for (std::size_t i = 0; i < sentences.size(); ++i) text += sentences[i].text + split.sentences[i].after;
  return text;
}

}  // namespace

std::string format_translations(std::int64_t line, std::span<const Translation> translations,
                                const FormatOptions& options) {
  switch (options.format) {
    case TranslationFormat::text:
      return translations.front().text + alignment_field(translations.front(), options.alignment) + "\n";
    case TranslationFormat::nbest: return as_nbest(line, translations, options);
    case TranslationFormat::jsonl: return as_json(line, translations, options);
  }
  return {};
}

std::string format_sentences(std::int64_t line, const SplitLine& split, std::span<const Translation> sentences,
                             const FormatOptions& options) {
  const std::string text = joined(split, sentences);
  if (options.format != TranslationFormat::jsonl) return text + "\n";
  auto parts = nlohmann::ordered_json::array();
  double log_prob = 0;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    log_prob += sentences[i].hypothesis.log_prob;
    tokens += sentences[i].hypothesis.tokens();
    nlohmann::ordered_json part{{"source", split.sentences[i].text}};
    part.update(hypothesis_json(sentences[i], options));
    parts.push_back(std::move(part));
  }
  nlohmann::ordered_json all{
      {"text", text}, {"log_prob", log_prob}, {"tokens", tokens}, {"sentences", std::move(parts)}};
  return row_of(line, nlohmann::ordered_json::array({std::move(all)}));
}

}  // namespace attend
