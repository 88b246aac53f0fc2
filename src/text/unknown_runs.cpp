#include "unknown_runs.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "normalizer_trie.h"

namespace attend {
namespace {

constexpr std::size_t kPartBytesMade = 4096;   // normalised bytes of a part
constexpr std::size_t kLongestOfUnicode = 33;  // bytes that NFKC makes of one character
constexpr std::size_t kMaxGrowth = 12;         // NFKC makes them of 3, and nothing grows more

std::unordered_set<char32_t> characters_of(const SubwordModel& model) {
  std::unordered_set<char32_t> characters{U' ', U'\u2581'};
  for (const SubwordPiece& piece : model.pieces)
    for (const char32_t c : decode_utf8(piece.text)) characters.insert(c);
  return characters;
}

}  // namespace

UnknownRuns::UnknownRuns(SubwordModel model)
    : spells_bytes_(model.byte_fallback),
      charsmap_(std::move(model.charsmap)),
      known_(characters_of(model)),
      subwords_(std::move(model)) {
  if (charsmap_.empty()) return;
  const auto [trie, texts] = split_charsmap(charsmap_);
  trie_ = trie;
  texts_ = texts;
  std::size_t longest = kLongestOfUnicode;
  for (std::size_t at = 0; at < texts.size();) {
    const std::size_t size = text_at(texts, static_cast<std::uint32_t>(at)).size();
    longest = std::max(longest, size);
    at += size + 1;
  }
  uncut_bytes_ = uncut_bytes_ * kLongestOfUnicode / longest;
}

std::vector<std::string_view> UnknownRuns::parts(std::string_view text) const {
  std::vector<std::string_view> parts;
  std::size_t begin = 0, made = 0, made_of_part = 0;
  bool in_run = false;
  for (std::size_t at = 0; at < text.size() && text.size() > uncut_bytes_;) {
    const Step next = step(text.substr(at));
    const bool goes_on = is_in_no_piece(next.made);
    if (in_run && goes_on && made_of_part >= kPartBytesMade && !spells_bytes_) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at;
      made_of_part = 0;
    }
    in_run = goes_on;
    at += next.bytes;
    made += next.made.size();
    made_of_part += next.made.size();
  }
  if (made > kMaxGrowth * text.size())
    throw DataError("[tokenizer] expected normalisation that makes a text at most ", kMaxGrowth, " times as long, got ",
                    made, " bytes of ", text.size());
  parts.push_back(text.substr(begin));
  return parts;
}

// As SentencePiece's normaliser: a symbol of the user stays, else the longest rule counts, else a character stays.
UnknownRuns::Step UnknownRuns::step(std::string_view text) const {
  if (const auto symbol = subwords_.symbol_at(text); symbol > 0) return {symbol, text.substr(0, symbol)};
  const Step rule = longest_rule(text);
  const auto character = character_bytes(text);
  return rule.bytes > 0 ? rule : Step{character, text.substr(0, character)};
}

UnknownRuns::Step UnknownRuns::longest_rule(std::string_view text) const {
  Step longest;
  if (trie_.empty()) return longest;
  std::size_t at = trie_unit(trie_, 0).offset();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    at ^= byte;
    const TrieUnit unit = trie_unit(trie_, at);
    if (unit.label() != byte) break;
    at ^= unit.offset();
    if (unit.has_value()) longest = {i + 1, text_at(texts_, trie_unit(trie_, at).value())};
  }
  return longest;
}

bool UnknownRuns::is_in_no_piece(std::string_view made) const {
  const auto characters = decode_utf8(made);
  return !characters.empty() && std::ranges::none_of(characters, [&](char32_t c) { return known_.contains(c); });
}

}  // namespace attend
