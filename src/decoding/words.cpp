#include "attend/decoding/words.h"

#include <algorithm>
#include <utility>

#include "attend/core/text.h"
#include "attend/core/unicode.h"

namespace attend {
namespace {

// For each byte of valid UTF-8, and its end, the number of the word that it lies in or that comes next.
std::vector<std::int64_t> word_at_bytes(std::string_view line, std::int64_t& count) {
  std::vector<std::int64_t> words;
  bool in_word = false;
  std::string one;
  for (const char32_t c : decode_utf8(line)) {
    const bool begins = !is_space(c) && !in_word;
    in_word = !is_space(c);
    count += begins;
    one.clear();
    append_utf8(one, c);
    words.insert(words.end(), one.size(), in_word ? count - 1 : count);
  }
  words.push_back(count);
  return words;
}

}  // namespace

TokenWords words_at(std::string_view line, std::span<const std::size_t> starts) {
  TokenWords words;
  const auto word_at = word_at_bytes(line, words.count);
  for (const std::size_t start : starts)
    words.of.push_back(std::min(word_at[std::min(start, line.size())], words.count - 1));
  return words;
}

TokenWords words_of(std::span<const std::string> texts) {
  std::string line;
  std::vector<std::size_t> starts;
  for (const std::string& text : texts) {
    starts.push_back(line.size());
    line += text;
  }
  return words_at(line, starts);
}

std::vector<std::string> texts_of(const Tokenizer& tokenizer, std::span<const std::int32_t> ids) {
  constexpr std::size_t kMostHeld = 3;  // bytes of a character that is not whole
  std::vector<std::string> texts;
  std::string held;
  for (const std::int32_t id : ids) {
    held += tokenizer.bytes(id);
    const auto fault = invalid_utf8_at(held);
    const bool is_whole = !fault || *fault + kMostHeld < held.size();
    texts.push_back(is_whole ? repair_utf8(std::exchange(held, "")) : "");
  }
  if (!texts.empty()) texts.back() += repair_utf8(held);
  const auto first = std::ranges::find_if(texts, [](const std::string& text) { return !text.empty(); });
  if (first != texts.end() && first->starts_with(' ') && !tokenizer.decode(ids).starts_with(' ')) first->erase(0, 1);
  return texts;
}

AttentionRows word_attention(const AttentionRows& attention, const TokenWords& target, const TokenWords& source) {
  const auto place = [](const TokenWords& words, std::size_t token) {
    const std::int64_t word = token < words.of.size() ? words.of[token] : -1;
    return static_cast<std::size_t>(word < 0 ? words.count : word);
  };
  const auto rows = static_cast<std::size_t>(target.count) + 1, columns = static_cast<std::size_t>(source.count) + 1;
  AttentionRows result(rows, std::vector<float>(columns, 0.0f));
  std::vector<float> tokens(rows, 0.0f);
  for (std::size_t t = 0; t < attention.size(); ++t) {
    ++tokens[place(target, t)];
    for (std::size_t s = 0; s < attention[t].size(); ++s) result[place(target, t)][place(source, s)] += attention[t][s];
  }
  for (std::size_t word = 0; word < rows; ++word) {
    for (float& weight : result[word]) weight /= std::max(tokens[word], 1.0f);
    if (tokens[word] == 0 && word > 0) result[word] = result[word - 1];  // one token is several words
  }
  if (tokens.back() == 0) result.pop_back();
  return result;
}

}  // namespace attend
