#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

class CharacterTokenizer final : public Tokenizer {
 public:
  CharacterTokenizer(std::vector<char32_t> characters, std::vector<AddedToken> symbols, std::string bytes)
      : characters_(std::move(characters)), symbols_(std::move(symbols)), added_(symbols_), bytes_(std::move(bytes)) {
    for (std::size_t i = 0; i < characters_.size(); ++i)
      ids_.emplace(characters_[i], kSpecialCount + static_cast<std::int32_t>(i));
  }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    require_utf8(text);
    std::vector<std::int32_t> ids;
    ids.reserve(text.size());
    added_.split(
        text, [&](std::string_view part) { encode_characters(part, ids); },
        [&](const AddedToken& symbol) { ids.push_back(symbol.id); });
    return ids;
  }

  std::vector<TextSpan> spans(std::string_view text) const override {
    std::vector<TextSpan> spans;
    std::size_t at = 0;
    const auto characters = [&](std::string_view part) {
      for (const auto end = at + part.size(); at < end; ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
        if (begins) spans.push_back({at, at + 1});
        else if (!spans.empty()) spans.back().end = at + 1;
      }
    };
    added_.split(text, characters, [&](const AddedToken& symbol) {
      spans.push_back({at, at + symbol.text.size()}), at = spans.back().end;
    });
    return spans;
  }

  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids) {
      require_id(id, size());
      if (id >= kSpecialCount) text += piece(id);
      if (id == special().unk) append_utf8(text, kReplacement);
    }
    return text;
  }

  std::int64_t size() const override { return first_symbol() + std::ssize(symbols_); }
  std::string piece(std::int32_t id) const override {
    require_id(id, size());
    if (id < kSpecialCount) return std::string(kSpecialPieces[id]);
    if (id >= first_symbol()) return symbols_[static_cast<std::size_t>(id - first_symbol())].text;
    return encode_utf8({characters_[static_cast<std::size_t>(id - kSpecialCount)]});
  }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::character; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::int32_t first_symbol() const { return kSpecialCount + static_cast<std::int32_t>(characters_.size()); }
  void encode_characters(std::string_view text, std::vector<std::int32_t>& ids) const {
    for (const char32_t character : decode_utf8(text)) {
      const auto found = ids_.find(character);
      ids.push_back(found == ids_.end() ? special().unk : found->second);
    }
  }

  std::vector<char32_t> characters_;
  std::vector<AddedToken> symbols_;
  AddedTokens added_;
  std::string bytes_;
  std::unordered_map<char32_t, std::int32_t> ids_;
};

std::string serialize(const std::vector<char32_t>& characters) {
  Json vocabulary = vocabulary_header(TokenizerType::character);
  Json& list = vocabulary["characters"] = Json::array();
  for (const char32_t character : characters) list.push_back(encode_utf8({character}));
  return vocabulary.dump() + "\n";
}

}  // namespace

TokenizerPointer train_characters(const TokenizerConfig& config, const LineSource& lines) {
  std::map<char32_t, std::int64_t> counts;
  for (std::string line; lines(line);)
    for (const char32_t character : decode_utf8(line)) ++counts[character];

  std::vector<std::pair<char32_t, std::int64_t>> seen(counts.begin(), counts.end());
  std::ranges::stable_sort(seen, [](const auto& a, const auto& b) { return a.second > b.second; });
  const auto room = static_cast<std::size_t>(std::max<std::int64_t>(config.vocab_size - kSpecialCount, 0));
  if (seen.size() > room) seen.resize(room);
  std::vector<char32_t> characters;
  for (const auto& [character, count] : seen) characters.push_back(character);
  std::string bytes = serialize(characters);
  return std::make_shared<CharacterTokenizer>(std::move(characters), std::vector<AddedToken>{}, std::move(bytes));
}

TokenizerPointer parse_characters(const Json& vocabulary, std::string bytes, std::string_view where) {
  const auto list = vocabulary.find("characters");
  if (list == vocabulary.end() || !list->is_array())
    throw ModelError("[", where, "] expected a list \"characters\", got none; the file is damaged");
  std::vector<char32_t> characters;
  for (const Json& item : *list) {
    const auto* text = item.get_ptr<const std::string*>();
    const auto decoded = text == nullptr ? std::vector<char32_t>{} : decode_utf8(*text);
    if (decoded.size() != 1)
      throw ModelError("[", where, "] expected single characters in \"characters\", got ", item.dump());
    characters.push_back(decoded[0]);
  }
  std::vector<char32_t> sorted = characters;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    throw ModelError("[", where, "] expected each character once, got one twice; the file is damaged");
  auto symbols = symbols_of(vocabulary, kSpecialCount + static_cast<std::int32_t>(characters.size()), where);
  return std::make_shared<CharacterTokenizer>(std::move(characters), std::move(symbols), std::move(bytes));
}

}  // namespace attend
