#include "attend/decoding/constraint_reader.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/core/unicode.h"

namespace attend {
namespace {

std::string quoted(std::string_view text) { return concat("\"", text, "\""); }

std::string where(std::int64_t number) { return concat("[--constraints] line ", number, ": "); }

bool holds_as_a_part(const Phrase& whole, const Phrase& part) {
  return &whole != &part && occurrences(whole.text, part.text) > 0;
}

// The first character that makes the tokenizer say "unknown", or the whole text.
std::string unknown_in(const Tokenizer& tokenizer, const std::string& text) {
  for (const char32_t character : decode_utf8(text)) {
    const std::string alone = encode_utf8({character});
    const auto ids = tokenizer.encode(alone);
    if (std::find(ids.begin(), ids.end(), tokenizer.special().unk) != ids.end()) return alone;
  }
  return text;
}

}  // namespace

ConstraintReader::ConstraintReader(const Tokenizer& target, Rules rules) : target_(target), rules_(std::move(rules)) {
  auto texts = std::make_shared<std::vector<std::string>>();
  for (std::int32_t id = 0; id < target.size(); ++id) texts->push_back(target.bytes(id));
  token_texts_ = std::move(texts);
  const SpecialIds special = target.special();
  rules_.never.insert(rules_.never.end(), {special.pad, special.bos, special.eos});
}

std::shared_ptr<const Constraints> ConstraintReader::read(std::string_view line, std::int64_t number) const {
  std::vector<Phrase> phrases;
  std::unordered_map<std::string, std::size_t> place;
  std::int64_t needed = 0;
  for (const std::string& part : split(line, '\t')) {
    const std::string written(trim(part));
    if (written.empty()) continue;
    const auto [at, is_new] = place.emplace(written, phrases.size());
    if (is_new) phrases.push_back(phrase_of(written, number));
    else ++phrases[at->second].times;
    needed += phrases[at->second].tokens();
    check_room(needed, 0, rules_.longest, number);
  }
  if (phrases.empty()) return nullptr;
  check_repeats(phrases, number);
  return std::make_shared<const Constraints>(std::move(phrases), token_texts_);
}

// At the beginning of a text it is spelled as a text of its own; inside, as it is behind a word and a space, or without
// the space where its script has none.
Phrase ConstraintReader::phrase_of(const std::string& written, std::int64_t number) const {
  Phrase phrase;
  phrase.written = written;
  const auto ids = target_.encode(written);
  check_tokens(written, ids, number);
  phrase.spellings.push_back(spelling_of(ids));
  phrase.text = trim(phrase.spellings.front().text);
  if (phrase.text.empty())
    throw DataError(where(number), "expected text, got ", quoted(written),
                    ", of which the target tokenizer leaves nothing");
  const std::string space = runs_on(decode_utf8(phrase.text).front()) ? "" : " ";
  const auto behind = target_.encode("x" + space + phrase.text);
  std::string text;
  for (std::size_t begin = behind.size(); begin-- > 0 && text.size() < space.size() + phrase.text.size();) {
    text.insert(0, (*token_texts_)[static_cast<std::size_t>(behind[begin])]);
    if (text != space + phrase.text && text != phrase.text) continue;
    phrase.spellings.resize(1);
    phrase.spellings.push_back(spelling_of(std::span(behind).subspan(begin)));
  }
  check_tokens(written, phrase.spellings.back().ids, number);
  return phrase;
}

Spelling ConstraintReader::spelling_of(std::span<const std::int32_t> ids) const {
  Spelling spelling{{ids.begin(), ids.end()}, "", {}};
  for (const std::int32_t id : ids) {
    spelling.text += (*token_texts_)[static_cast<std::size_t>(id)];
    spelling.ends.push_back(spelling.text.size());
  }
  return spelling;
}

void ConstraintReader::check_tokens(const std::string& written, std::span<const std::int32_t> ids,
                                    std::int64_t number) const {
  for (const std::int32_t id : ids) {
    if (id == target_.special().unk)
      throw DataError(where(number), "expected characters of the target vocabulary, got ",
                      quoted(unknown_in(target_, written)), " in ", quoted(written),
                      "; write it otherwise, or train a tokenizer with data.tokenizer.byte_fallback");
    if (std::find(rules_.never.begin(), rules_.never.end(), id) != rules_.never.end())
      throw DataError(where(number), "expected tokens that may be generated, got ", quoted(target_.piece(id)), " in ",
                      quoted(written), ", which is a special symbol or banned; change the constraint or the ban");
  }
}

// Of what is part of a longer phrase nothing more need be written.
void ConstraintReader::check_repeats(const std::vector<Phrase>& phrases, std::int64_t number) const {
  const std::int64_t n = rules_.no_repeat_ngram;
  if (n == 0) return;
  std::set<std::vector<std::int32_t>> seen;
  for (const Phrase& phrase : phrases) {
    if (std::any_of(phrases.begin(), phrases.end(),
                    [&](const Phrase& other) { return holds_as_a_part(other, phrase); }))
      continue;
    const auto& ids = phrase.spellings.back().ids;
    for (std::int64_t time = 0; time < phrase.times; ++time)
      for (auto begin = ids.begin(); ids.end() - begin >= n; ++begin)
        if (!seen.emplace(begin, begin + n).second)
          throw DataError(where(number), "expected constraints without ", n, " tokens in a row twice, got ",
                          quoted(phrase.written),
                          " with some that came before; no_repeat_ngram and these constraints exclude each other");
  }
}

void check_room(std::int64_t needed, std::int64_t forced, std::int64_t longest, std::int64_t number) {
  if (needed + forced + 1 > longest)
    throw DataError(where(number), "expected constraints that fit into the longest translation of ", longest,
                    " tokens, got ", needed + forced + 1, " with the end symbol",
                    forced > 0 ? concat(" and ", forced, " of the prefix") : "",
                    "; raise --max-length where the model's position table allows it, or ask for less");
}

ConstraintReport report_constraints(const Constraints& constraints, std::string_view text, bool blank) {
  ConstraintReport report;
  for (const Phrase& phrase : constraints.phrases()) {
    const std::int64_t held = std::min(phrase.times, occurrences(text, phrase.written));
    report.met += held;
    std::string reason = "the search found no translation with it";
    if (blank) reason = "the line to translate is blank";
    else if (phrase.text != phrase.written) reason = concat("the target tokenizer writes ", quoted(phrase.text));
    for (std::int64_t time = held; time < phrase.times; ++time) report.missing.push_back({phrase.written, reason});
  }
  return report;
}

}  // namespace attend
