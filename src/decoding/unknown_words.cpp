#include "attend/decoding/unknown_words.h"

#include <algorithm>
#include <optional>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/core/unicode.h"
#include "attend/text/line_reader.h"

namespace attend {
namespace {

// Bytes of the characters in a word that `text` ends with.
std::size_t word_end(std::string_view text) {
  const auto characters = decode_utf8(text);
  std::string tail;
  for (auto c = characters.rbegin(); c != characters.rend() && is_in_word(*c); ++c) append_utf8(tail, *c);
  return tail.size();
}

// Bytes of the characters in a word that `text` begins with.
std::size_t word_begin(std::string_view text) {
  std::string head;
  for (const char32_t c : decode_utf8(text)) {
    if (!is_in_word(c)) break;
    append_utf8(head, c);
  }
  return head.size();
}

bool is_word(std::string_view text) {
  const auto characters = decode_utf8(text);
  return !characters.empty() && is_in_word(characters.front()) && is_in_word(characters.back());
}

std::string_view text_of(const SourceTokens& source, std::size_t token) {
  const auto [begin, end] = source.spans[token];
  return end < source.begin ? std::string_view() : trim(source.line.substr(begin, end - begin));
}

// Of the unknown tokens, or else of all that are not blank, the one with the largest weight.
std::optional<std::size_t> looked_at(const SourceTokens& source, std::span<const float> weights) {
  const auto count = std::min(source.spans.size(), weights.size());
  std::optional<std::size_t> unknown, known;
  for (std::size_t s = 0; s < count; ++s) {
    if (text_of(source, s).empty()) continue;
    auto& best = source.ids[s] == source.unk ? unknown : known;
    if (!best || weights[s] > weights[*best]) best = s;
  }
  return unknown ? unknown : known;
}

// Puts words in texts, each in the place of all that stands around it in one word.
class Placer {
 public:
  explicit Placer(std::vector<std::string>& texts) : texts_(texts), placed_(texts.size()) {}
  void put(std::size_t at, const std::string& word) {
    for (std::size_t i = at;
         i-- > 0 && clear(i, word, [](std::string& text) { text.resize(text.size() - word_end(text)); });) {
    }
    for (std::size_t i = at + 1;
         i < texts_.size() && clear(i, word, [](std::string& text) { text.erase(0, word_begin(text)); }); ++i) {
    }
    put_alone(at, word);
  }
  void put_alone(std::size_t at, const std::string& word) {
    texts_[at] = word;
    placed_[at] = true;
  }

 private:
  // Takes what belongs to the word, or the same word, off a neighbour; true where the next one may belong to it too.
  template <class Cut>
  bool clear(std::size_t i, const std::string& word, const Cut& cut) {
    if (!placed_[i]) cut(texts_[i]);
    else if (texts_[i] == word) texts_[i].clear();
    return texts_[i].empty();
  }

  std::vector<std::string>& texts_;
  std::vector<bool> placed_;
};

}  // namespace

Dictionary read_dictionary(const std::filesystem::path& path) {
  Dictionary dictionary;
  LineReader reader(path);
  for (std::string line; reader.next(line);) {
    if (trim(line).empty()) continue;
    const auto parts = split(line, '\t');
    const std::string where = concat(reader.name(), ":", reader.line_number());
    if (parts.size() != 2 || trim(parts[0]).empty() || trim(parts[1]).empty())
      throw DataError("[", where, "] expected a word, a tab and what it becomes, got \"", line.substr(0, 100), "\"");
    const std::string word(trim(parts[0])), becomes(trim(parts[1]));
    const auto [entry, is_new] = dictionary.emplace(word, becomes);
    if (!is_new && entry->second != becomes)
      throw DataError("[", where, "] expected one line for \"", word, "\", got \"", becomes, "\" and before \"",
                      entry->second, "\"");
  }
  return dictionary;
}

std::string source_word_of(const SourceTokens& source, std::span<const float> weights) {
  const auto token = looked_at(source, weights);
  if (!token) return "";
  const auto own = text_of(source, *token);
  if (!is_word(own)) return std::string(own);
  const auto begin = static_cast<std::size_t>(own.data() - source.line.data()), end = begin + own.size();
  const auto before = word_end(source.line.substr(0, begin)), behind = word_begin(source.line.substr(end));
  return std::string(source.line.substr(begin - before, before + own.size() + behind));
}

void replace_unknown(std::vector<std::string>& texts, std::span<const std::int32_t> ids, std::int32_t unk,
                     const AttentionRows& attention, const SourceTokens& source, const Dictionary& dictionary) {
  Placer placer(texts);
  for (std::size_t t = 0; t < texts.size(); ++t) {
    if (ids[t] != unk) continue;
    const std::string word = source_word_of(source, attention[t]);
    const auto entry = dictionary.find(word);
    const std::string& becomes = entry == dictionary.end() ? word : entry->second;
    if (is_word(word)) placer.put(t, becomes);
    else placer.put_alone(t, becomes);
  }
}

}  // namespace attend
