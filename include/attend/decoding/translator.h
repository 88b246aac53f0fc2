// Lines of text in, translations out, in the same order: tokenize, group by length, search, detokenize. Nothing a line
// becomes depends on the lines beside it, beyond the rounding of float32 sums.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/decoding/beam_search.h"
#include "attend/decoding/constraint_reader.h"
#include "attend/decoding/unknown_words.h"
#include "attend/text/tokenizer.h"

namespace attend {

// What a line looked like to the model.
struct SourceFacts {
  std::int64_t tokens = 0;      // end symbol included, before any were left out
  bool is_unknown = false;      // nothing of it is known, its tag aside
};

struct Translation {
  std::string text;  // valid UTF-8 on one line
  Hypothesis hypothesis;
  // Where attention was asked for: for each target token, in order, the source token it looked at most; with word_alignment
  // words in place of tokens, in hypothesis.attention too. End symbols, which hypothesis.attention has, take no part.
  std::vector<std::int64_t> aligned = {};
  SourceFacts source = {};
  bool cut = false;  // it met its limit before it ended
  std::optional<ConstraintReport> constraints = {};  // where its line has constraints
};

struct TranslatorOptions {
  DecodingConfig decoding;                // resolved
  std::int64_t nbest = 1;
  std::int64_t batch_tokens = 4096;       // a batch's rows x longest source, end symbol included; at least one row. Times
                                          // the hypotheses of a row it is at most kMostHypotheses times as much, and rows x
                                          // hypotheses x vocabulary at most kMaxScores
  std::string source_tag;                 // put before each line, as data.train.source_prefix is
  std::int64_t max_source_tokens = 4096;  // a longer source loses its end, with a warning
  std::optional<SamplingOptions> sampling;
  bool attention = false;                 // fills Hypothesis::attention and Translation::aligned
  bool word_alignment = false;            // with attention: of words
  // Unknown tokens, which decoding.ban then must not name, become words of the source, or what the dictionary says of them.
  std::shared_ptr<const Dictionary> copied_words = nullptr;
};

// The decoding defaults of a model, within what a learned position table has rows for.
TranslatorOptions translator_options_of(const Config& config);

// "12 of 1,000 translations met their limit ... and are cut; ...": what a user is told of Translation::cut.
std::string limit_note(std::int64_t cut, std::int64_t translations, const DecodingConfig& decoding);

// A window of text.
struct SourceLines {
  std::span<const std::string> text;
  std::int64_t first = 1;                      // number of the first line, for warnings and random draws
  std::span<const std::string> prefixes = {};  // what each translation begins with: as many as lines, or none
  std::span<const std::string> tags = {};      // likewise, before the prefix; taken off again, so that no text shows it
  std::span<const std::string> constraints = {};  // likewise: phrases that each translation must hold, tabs between them
  std::span<const std::int64_t> numbers = {};  // where they are parts of lines: number of the line + kPartOfLine x part, from 0

  static constexpr std::int64_t kPartOfLine = std::int64_t{1} << 40;
  // What random draws know it by, and the number of its line.
  std::int64_t number(std::size_t i) const { return numbers.empty() ? first + static_cast<std::int64_t>(i) : numbers[i]; }
  std::int64_t line(std::size_t i) const { return number(i) % kPartOfLine; }
};

// What every line of a side of a model's training began with: the one prefix of all its corpora, or "".
std::string source_tag_of(const Config& config);
std::string target_tag_of(const Config& config);

// Scores of all hypotheses of a batch over the vocabulary, float32: 32 MiB, so that a cache may hold them.
inline constexpr std::size_t kMaxScores = 1 << 23;
// Beams above this make a batch smaller, as their keys and values take more memory than all else.
inline constexpr std::int64_t kMostHypotheses = 8;

class Translator {
 public:
  // Batches are shared out over the scorers, each in a thread of its own. They are used, not owned, and give the same
  // results; each batch starts one anew.
  Translator(std::vector<Scorer*> scorers, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
             const TranslatorOptions& options);
  Translator(Scorer& scorer, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
             const TranslatorOptions& options)
      : Translator(std::vector<Scorer*>{&scorer}, std::move(source), std::move(target), options) {}

  // For each line its translations, best first; for a blank line one with nothing in it. ConfigError where decoding.ban
  // names no piece of the target vocabulary is thrown by the constructor. DataError for constraints that cannot be met; a
  // warning for those that were not.
  std::vector<std::vector<Translation>> translate(const SourceLines& lines) const;
  std::vector<std::vector<Translation>> translate(const std::vector<std::string>& lines, std::int64_t first_line = 1) const {
    return translate(SourceLines{lines, first_line});
  }

 private:
  struct Source {
    std::size_t line;     // of those given
    std::int64_t number;  // for random draws
    std::vector<std::int32_t> ids, prefix = {};
    std::size_t tag = 0;  // so many tokens of the prefix are taken off again
    SourceFacts facts = {};
    const Constraints* constraints = nullptr;
    std::string text = {};  // where words matter: what the ids stand for, and the part of each but the end symbol
    std::vector<TextSpan> spans = {};
  };
  using LineConstraints = std::vector<std::shared_ptr<const Constraints>>;  // of each line, nullptr for none; or of no line
  LineConstraints read_constraints(const SourceLines& lines) const;
  std::vector<Source> encode(const SourceLines& lines, const LineConstraints& constraints) const;
  void encode_prefix(const SourceLines& lines, Source& source) const;
  std::int64_t hypotheses() const { return options_.sampling ? options_.nbest : options_.decoding.beam_size; }
  std::size_t batch_end(const std::vector<Source>& sources, std::size_t begin) const;
  SourceBatch make_batch(std::span<const Source> sources) const;
  std::vector<std::vector<Hypothesis>> search(Scorer& scorer, const SourceBatch& batch) const;
  std::vector<Translation> read(std::vector<Hypothesis> found, const Source& source) const;
  Translation read(Hypothesis hypothesis, const Source& source) const;
  std::string read_words(Hypothesis& hypothesis, const Source& source) const;
  TokenWords source_words(const Source& source) const;
  std::size_t tag_size() const { return options_.source_tag.empty() ? 0 : options_.source_tag.size() + 1; }  // bytes, with its space
  bool needs_words() const { return options_.word_alignment || options_.copied_words; }

  std::vector<Scorer*> scorers_;
  std::shared_ptr<const Tokenizer> source_, target_;
  TranslatorOptions options_;
  SearchOptions search_;
};

}  // namespace attend
