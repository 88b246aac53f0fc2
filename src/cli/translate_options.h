// What attend translate takes, checked and turned into the options of the library.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attend/cli/common.h"
#include "attend/core/unicode.h"
#include "attend/decoding/ensemble.h"
#include "attend/decoding/translation_format.h"
#include "search_flags.h"

namespace attend {

struct TranslateOptions {
  ModelOptions models;
  RuntimeOptions runtime;
  std::string input = "-", output = "-";
  ModelSettings settings{{"decoding"}};
  std::string source_tag;
  std::optional<std::string> target_tag, target_prefix, constraints, format, length_penalty_type, alignment,
      alignment_level;
  std::optional<std::string> dictionary, sentence_language;
  bool copy_unknown = false, split_sentences = false;
  std::optional<std::int64_t> beam, min_length, max_length;
  std::optional<double> length_penalty, coverage_penalty;
  RuleFlags rules;
  std::int64_t nbest = 1, batch_tokens = TranslatorOptions{}.batch_tokens, window = 2000, workers = 1;
  bool token_scores = false, sampling = false;
  SamplingFlags drawing;

  // Faults of the command line, found before a model is loaded. All functions below throw UsageError.
  void check() const;
  FormatOptions format_options() const;
  // Whose sentences lines are cut into; nothing where they are not.
  std::optional<SentenceLanguage> sentences() const;
  // What the command line says goes before what the first model's config says.
  TranslatorOptions translator_options(const Ensemble& ensemble) const;
};

void add_translate_options(CLI::App& verb, TranslateOptions& options);

}  // namespace attend
