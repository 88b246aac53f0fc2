// Writes translations; docs/decoding.md shows each format.
#pragma once

#include <span>
#include <string>

#include "attend/core/enum_table.h"
#include "attend/decoding/sentences.h"
#include "attend/decoding/translator.h"

namespace attend {

enum class TranslationFormat { text, nbest, jsonl };
inline constexpr EnumEntry<TranslationFormat> kTranslationFormats[] = {
    {TranslationFormat::text, "text", "the best translation alone"},
    {TranslationFormat::nbest, "nbest", "line ||| text ||| log_prob= -4.1 ||| -0.41, a line each; lines count from 0"},
    {TranslationFormat::jsonl, "jsonl",
     "an object a line with all hypotheses, their scores and token ids; lines count from 1"}};
constexpr std::span<const EnumEntry<TranslationFormat>> enum_table(TranslationFormat) { return kTranslationFormats; }

enum class AlignmentFormat { none, hard, soft };
inline constexpr EnumEntry<AlignmentFormat> kAlignmentFormats[] = {
    {AlignmentFormat::none, "none", "no alignment"},
    {AlignmentFormat::hard, "hard",
     "pairs source-target of tokens from 0 (Pharaoh): to each target token the source token it looked at most"},
    {AlignmentFormat::soft, "soft", "for each target token the weights of all source tokens; end symbols included"}};
constexpr std::span<const EnumEntry<AlignmentFormat>> enum_table(AlignmentFormat) { return kAlignmentFormats; }

// Stands between the fields of a list.
inline constexpr std::string_view kBar = " ||| ";

struct FormatOptions {
  TranslationFormat format = TranslationFormat::text;
  bool token_scores = false;  // jsonl only: write "token_log_probs"
  AlignmentFormat alignment = AlignmentFormat::none;
};

// Returns the lines of one source line, line ends included. `line` counts from 1.
std::string format_translations(std::int64_t line, std::span<const Translation> translations,
                                const FormatOptions& options);

// Returns the line of one source line that was translated sentence by sentence: the best translation of each sentence
// with the white space between them. In jsonl each sentence also stands for itself.
std::string format_sentences(std::int64_t line, const SplitLine& split, std::span<const Translation> sentences,
                             const FormatOptions& options);

}  // namespace attend
