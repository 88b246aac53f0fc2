// Lines of text in, translations out, in the same order: tokenize, group by length, search, detokenize. Nothing a line
// becomes depends on the lines beside it, beyond the rounding of float32 sums.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/decoding/beam_search.h"
#include "attend/text/tokenizer.h"

namespace attend {

struct Translation {
  std::string text;  // valid UTF-8 on one line
  Hypothesis hypothesis;
};

struct TranslatorOptions {
  DecodingConfig decoding;
  std::int64_t nbest = 1;
  std::int64_t batch_tokens = 4096;      // a batch's rows x longest source, end symbol included; at least one row
  std::int64_t max_source_tokens = 4096;  // a longer source loses its end, with a warning
};

// The decoding defaults of a model, within what a learned position table has rows for.
TranslatorOptions translator_options_of(const Config& config);

class Translator {
 public:
  // The scorer is used, not owned; each call to translate() starts it anew.
  Translator(Scorer& scorer, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
             const TranslatorOptions& options);

  // For each line its translations, best first; for a blank line one with nothing in it. `first_line` is the number of
  // the first one, for warnings.
  std::vector<std::vector<Translation>> translate(const std::vector<std::string>& lines, std::int64_t first_line = 1);

 private:
  struct Source {
    std::size_t line;  // of those given
    std::vector<std::int32_t> ids;
  };
  std::vector<Source> encode(const std::vector<std::string>& lines, std::int64_t first_line) const;
  std::size_t batch_end(const std::vector<Source>& sources, std::size_t begin) const;
  SourceBatch make_batch(const std::vector<Source>& sources, std::size_t begin, std::size_t end) const;
  Translation read(Hypothesis hypothesis) const;

  Scorer& scorer_;
  std::shared_ptr<const Tokenizer> source_, target_;
  TranslatorOptions options_;
};

}  // namespace attend
