// How translations are written; docs/decoding.md shows each format.
#pragma once

#include <span>
#include <string>

#include "attend/core/enum_table.h"
#include "attend/decoding/translator.h"

namespace attend {

enum class TranslationFormat { text, nbest, jsonl };
inline constexpr EnumEntry<TranslationFormat> kTranslationFormats[] = {
    {TranslationFormat::text, "text", "the best translation alone"},
    {TranslationFormat::nbest, "nbest", "line ||| text ||| log_prob= -4.1 ||| -0.41, a line each; lines count from 0"},
    {TranslationFormat::jsonl, "jsonl", "an object a line with all hypotheses, their scores and token ids; lines count from 1"}};
constexpr std::span<const EnumEntry<TranslationFormat>> enum_table(TranslationFormat) { return kTranslationFormats; }

struct FormatOptions {
  TranslationFormat format = TranslationFormat::text;
  bool token_scores = false;  // jsonl: "token_log_probs"
};

// The lines of one source line, line ends included. `line` counts from 1.
std::string format_translations(std::int64_t line, std::span<const Translation> translations, const FormatOptions& options);

}  // namespace attend
