#include "attend/decoding/translation_format.h"

#include <nlohmann/json.hpp>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

std::string as_nbest(std::int64_t line, std::span<const Translation> translations) {
  std::string out;
  for (const auto& [text, hypothesis] : translations)
    out += concat(line - 1, " ||| ", text, " ||| log_prob= ", format_fixed(hypothesis.log_prob, 6), " ||| ",
                  format_fixed(hypothesis.score, 6), "\n");
  return out;
}

std::string as_json(std::int64_t line, std::span<const Translation> translations, bool token_scores) {
  auto hypotheses = nlohmann::ordered_json::array();
  for (const auto& [text, hypothesis] : translations) {
    nlohmann::ordered_json entry{{"text", text},
                                 {"score", hypothesis.score},
                                 {"log_prob", hypothesis.log_prob},
                                 {"tokens", hypothesis.tokens()},
                                 {"token_ids", hypothesis.token_ids}};
    if (token_scores) entry["token_log_probs"] = hypothesis.token_log_probs;
    hypotheses.push_back(std::move(entry));
  }
  return nlohmann::ordered_json{{"line", line}, {"hypotheses", std::move(hypotheses)}}.dump() + "\n";
}

}  // namespace

std::string format_translations(std::int64_t line, std::span<const Translation> translations, const FormatOptions& options) {
  switch (options.format) {
    case TranslationFormat::text: return translations.front().text + "\n";
    case TranslationFormat::nbest: return as_nbest(line, translations);
    case TranslationFormat::jsonl: return as_json(line, translations, options.token_scores);
  }
  return {};
}

}  // namespace attend
