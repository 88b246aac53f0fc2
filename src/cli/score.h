// What both ways of attend score share: the lines they write and the summary.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "attend/cli/common.h"
#include "text_choice.h"

namespace attend {

enum class ScoreFormat { text, jsonl };
constexpr EnumEntry<ScoreFormat> kScoreFormats[] = {
    {ScoreFormat::text, "text", "log_prob<TAB>tokens"},
    {ScoreFormat::jsonl, "jsonl", "an object a target or document; lines count from 1"}};
constexpr std::span<const EnumEntry<ScoreFormat>> enum_table(ScoreFormat) { return kScoreFormats; }

struct ScoreOptions {
  ModelOptions models;
  RuntimeOptions runtime;
  ModelSettings settings{{"decoding", "generation"}};
  std::string source, target, text, output = "-", format = "text";
  std::string source_tag;
  std::optional<std::string> target_tag;
  std::int64_t batch_tokens = 0, window = 2000;
  std::optional<std::string> field;  // of --text: JSON lines have their documents there
  TextChoice reading;
  bool tokens = false;
};

// What is scored, and where it stands.
struct ScoredLine {
  std::int64_t line;            // from 1
  std::int64_t hypothesis = 0;  // of a list, from 1; 0: plain text
  std::span<const std::int32_t> ids;
};

class ScoreReport {
 public:
  ScoreReport(const ScoreOptions& options, ScoreFormat format) : tokens_wanted_(options.tokens), format_(format) {}
  // One line of output.
  std::string line(const ScoredLine& scored, const std::vector<float>& log_probs);
  // "scored 3 targets, 40 tokens, log_prob -99.1, perplexity 11.9, 1.2 s"; with bytes also bits per byte.
  void finish(const std::string& what, std::int64_t bytes = 0) const;

 private:
  bool tokens_wanted_;
  ScoreFormat format_;
  double sum_ = 0;
  std::int64_t tokens_ = 0, count_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// --text: a language model's documents.
void score_text(const ScoreOptions& options, ScoreFormat format);

}  // namespace attend
