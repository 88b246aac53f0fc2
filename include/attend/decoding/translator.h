// Takes lines of text and returns their translations in the same order. It tokenizes, groups by length, searches and
// detokenizes. What a line becomes does not depend on the lines beside it, beyond the rounding of float32 sums.
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

// Says how the model saw a line.
struct SourceFacts {
  // Number of tokens, end symbol included, before any were left out.
  std::int64_t tokens = 0;
  bool is_unknown = false;  // true: the model knows no token of it, its tag aside
};

struct Translation {
  std::string text;  // valid UTF-8 on one line
  Hypothesis hypothesis;
  // For each target token, in order, the source token that it looked at most; defined where attention was asked for.
  // With word_alignment these are words in place of tokens, in hypothesis.attention too. End symbols, which
  // hypothesis.attention has, take no part.
  std::vector<std::int64_t> aligned = {};
  SourceFacts source = {};
  bool cut = false;                                  // true: it met its limit before it ended
  std::optional<ConstraintReport> constraints = {};  // set where its line has constraints
};

struct TranslatorOptions {
  DecodingConfig decoding;  // resolved
  std::int64_t nbest = 1;
  // Limits a batch's rows x longest source, end symbol included; a batch has at least one row. Rows x longest source x
  // hypotheses of a row is at most kMostHypotheses times as much, and rows x hypotheses x vocabulary at most
  // kMaxScores.
  std::int64_t batch_tokens = 4096;
  std::string source_tag;                 // stands before each line, as data.train.source_prefix does
  std::int64_t max_source_tokens = 4096;  // a longer source loses its end, with a warning
  std::optional<SamplingOptions> sampling;
  bool attention = false;       // true: fill Hypothesis::attention and Translation::aligned
  bool word_alignment = false;  // with attention: align words, not tokens
  // Where this is set, unknown tokens become words of the source, or what the dictionary says of them. decoding.ban
  // then must not name the unknown token.
  std::shared_ptr<const Dictionary> copied_words = nullptr;
};

// Returns the decoding defaults of a model, within the rows of a learned position table.
TranslatorOptions translator_options_of(const Config& config);

// Returns what a user is told of Translation::cut: "12 of 1,000 translations met their limit ... and are cut; ...".
std::string limit_note(std::int64_t cut, std::int64_t translations, const DecodingConfig& decoding);

// Some lines of a text. Each of the other spans has one entry for each line, or none.
struct SourceLines {
  std::span<const std::string> text;
  std::int64_t first = 1;                      // number of the first line, for warnings and random draws
  std::span<const std::string> prefixes = {};  // the text with which each translation begins
  // Texts that stand before the prefixes; they are taken off again, so that no translation shows them.
  std::span<const std::string> tags = {};
  std::span<const std::string> constraints = {};  // phrases that each translation must hold, tabs between them
  // For parts of lines: number of the line + kPartOfLine x part, from 0.
  std::span<const std::int64_t> numbers = {};

  static constexpr std::int64_t kPartOfLine = std::int64_t{1} << 40;
  // number() names entry i in random draws; line() is the number of its line.
  std::int64_t number(std::size_t i) const {
    return numbers.empty() ? first + static_cast<std::int64_t>(i) : numbers[i];
  }
  std::int64_t line(std::size_t i) const { return number(i) % kPartOfLine; }
};

// These return the text with which every line of a side began in the model's training: the one prefix of all its
// corpora, or "".
std::string source_tag_of(const Config& config);
std::string target_tag_of(const Config& config);
// Returns true where the tag stands before the line as a word of its own. The empty tag stands before every line.
bool begins_with_tag(std::string_view line, std::string_view tag);

// Limits the scores of all hypotheses of a batch over the vocabulary. In float32 these are 32 MiB, so that a cache may
// hold them.
inline constexpr std::size_t kMaxScores = 1 << 23;
// Beams above this make a batch smaller, as their keys and values take more memory than all else.
inline constexpr std::int64_t kMostHypotheses = 8;

class Translator {
 public:
  // Shares out batches over the scorers, each in a thread of its own. Scorers are used, not owned, and give the same
  // results; each batch starts one anew. ConfigError where decoding.ban names no piece of the target vocabulary.
  Translator(std::vector<Scorer*> scorers, std::shared_ptr<const Tokenizer> source,
             std::shared_ptr<const Tokenizer> target, const TranslatorOptions& options);
  Translator(Scorer& scorer, std::shared_ptr<const Tokenizer> source, std::shared_ptr<const Tokenizer> target,
             const TranslatorOptions& options)
      : Translator(std::vector<Scorer*>{&scorer}, std::move(source), std::move(target), options) {}

  // Returns the translations of each line, best first; a blank line has one with nothing in it. DataError for
  // constraints that cannot be met; a warning for those that were not.
  std::vector<std::vector<Translation>> translate(const SourceLines& lines) const;
  std::vector<std::vector<Translation>> translate(const std::vector<std::string>& lines,
                                                  std::int64_t first_line = 1) const {
    return translate(SourceLines{lines, first_line});
  }

 private:
  struct Source {
    std::size_t line;     // index among the lines given
    std::int64_t number;  // name in random draws
    std::vector<std::int32_t> ids, prefix = {};
    std::size_t tag = 0;  // so many tokens of the prefix are taken off again
    SourceFacts facts = {};
    const Constraints* constraints = nullptr;
    // Set where words matter: the text that the ids stand for, and the part of it for each id but the end symbol.
    std::string text = {};
    std::vector<TextSpan> spans = {};
  };
  // One for each line, nullptr where it has none; or empty.
  using LineConstraints = std::vector<std::shared_ptr<const Constraints>>;
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
  // Bytes of the source tag with its space.
  std::size_t tag_size() const { return options_.source_tag.empty() ? 0 : options_.source_tag.size() + 1; }
  bool needs_words() const { return options_.word_alignment || options_.copied_words; }

  std::vector<Scorer*> scorers_;
  std::shared_ptr<const Tokenizer> source_, target_;
  TranslatorOptions options_;
  SearchOptions search_;
};

}  // namespace attend
