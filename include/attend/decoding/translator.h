// Lines of text in, translations out, in the same order: tokenize, group by length, search, detokenize. Nothing a line
// becomes depends on the lines beside it, beyond the rounding of float32 sums.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/decoding/beam_search.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct Translation {
  std::string text;  // valid UTF-8 on one line
  Hypothesis hypothesis;
  // Where attention was asked for: for each target token, in order, the source token it looked at most. End symbols,
  // which hypothesis.attention has, take no part.
  std::vector<std::int64_t> aligned = {};
};

struct TranslatorOptions {
  DecodingConfig decoding;
  std::int64_t nbest = 1;
  std::int64_t batch_tokens = 4096;       // a batch's rows x longest source, end symbol included; at least one row,
                                          // and rows x beam x vocabulary at most kMaxScores
  std::int64_t max_source_tokens = 4096;  // a longer source loses its end, with a warning
  std::optional<SamplingOptions> sampling;
  std::vector<std::int32_t> banned;       // never generated
  bool attention = false;                 // fills Hypothesis::attention and Translation::aligned
};

// The decoding defaults of a model, within what a learned position table has rows for.
TranslatorOptions translator_options_of(const Config& config);

// A window of text.
struct SourceLines {
  std::span<const std::string> text;
  std::int64_t first = 1;                      // number of the first line, for warnings and random draws
  std::span<const std::string> prefixes = {};  // what each translation begins with: as many as lines, or none
};

// Scores of all hypotheses of a batch over the vocabulary, float32: 32 MiB, so that a cache may hold them.
inline constexpr std::size_t kMaxScores = 1 << 23;

class Translator {
 public:
  // Batches are shared out over the scorers, each in a thread of its own. They are used, not owned, and give the same
  // results; each batch starts one anew.
  Translator(std::vector<Scorer*> scorers, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
             const TranslatorOptions& options);
  Translator(Scorer& scorer, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
             const TranslatorOptions& options)
      : Translator(std::vector<Scorer*>{&scorer}, std::move(source), std::move(target), options) {}

  // For each line its translations, best first; for a blank line one with nothing in it.
  std::vector<std::vector<Translation>> translate(const SourceLines& lines) const;
  std::vector<std::vector<Translation>> translate(const std::vector<std::string>& lines, std::int64_t first_line = 1) const {
    return translate(SourceLines{lines, first_line});
  }

 private:
  struct Source {
    std::size_t line;  // of those given
    std::vector<std::int32_t> ids, prefix;
  };
  std::vector<Source> encode(const SourceLines& lines) const;
  std::vector<std::int32_t> encode_prefix(const SourceLines& lines, std::size_t i) const;
  std::size_t batch_end(const std::vector<Source>& sources, std::size_t begin) const;
  SourceBatch make_batch(std::span<const Source> sources, std::int64_t first_line) const;
  std::vector<std::vector<Hypothesis>> search(Scorer& scorer, const SourceBatch& batch) const;
  Translation read(Hypothesis hypothesis) const;

  std::vector<Scorer*> scorers_;
  std::shared_ptr<const Tokenizer> source_, target_;
  TranslatorOptions options_;
};

}  // namespace attend
