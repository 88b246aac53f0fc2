// Reads lines of constraints, phrases with tabs between them, for a search, and tells whether a translation holds them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attend/decoding/constraints.h"
#include "attend/text/tokenizer.h"

namespace attend {

class ConstraintReader {
 public:
  struct Rules {
    std::vector<std::int32_t> never;   // tokens that are never generated, besides the special ones
    std::int64_t no_repeat_ngram = 0;  // 0: off
    std::int64_t longest = 1'000'000;  // most tokens of a translation, its end symbol included
  };
  // Uses the tokenizer of the target side; it must outlive the reader.
  ConstraintReader(const Tokenizer& target, Rules rules);
  // Reads line `number`; spaces around phrases do not count. Returns nullptr where the line has no phrase. DataError,
  // which names the line, for what no search can meet: characters that the vocabulary does not have, tokens that are
  // never generated, more tokens than the longest translation has room for, n tokens in a row twice where
  // no_repeat_ngram forbids them.
  std::shared_ptr<const Constraints> read(std::string_view line, std::int64_t number) const;

 private:
  Phrase phrase_of(const std::string& written, std::int64_t number) const;
  Spelling spelling_of(std::span<const std::int32_t> ids) const;
  void check_tokens(const std::string& written, std::span<const std::int32_t> ids, std::int64_t number) const;
  void check_repeats(const std::vector<Phrase>& phrases, std::int64_t number) const;

  const Tokenizer& target_;
  Rules rules_;
  std::shared_ptr<const std::vector<std::string>> token_texts_;
};

// Throws a DataError, which names line `number`, where `needed` tokens of constraints, `forced` ones before them and
// the end symbol are more than `longest`.
void check_room(std::int64_t needed, std::int64_t forced, std::int64_t longest, std::int64_t number);

// Says what became of the phrases of a line.
struct ConstraintReport {
  struct Missing {
    std::string phrase, reason;
  };
  std::int64_t met = 0;  // number of phrases held; one that was asked for twice counts twice
  std::vector<Missing> missing;
};

// Looks for the phrases in a translation `text`, as they were written. `blank` says that there was nothing to
// translate.
ConstraintReport report_constraints(const Constraints& constraints, std::string_view text, bool blank);

}  // namespace attend
