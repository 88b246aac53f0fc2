#include "added_tokens.h"

#include <algorithm>

namespace attend {

std::vector<AddedToken> without_specials(std::vector<AddedToken> tokens) {
  std::erase_if(tokens, [](const AddedToken& token) { return token.special; });
  return tokens;
}

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens) {
  for (const AddedToken& token : tokens) kinds_[token.normalized ? 1 : 0].push_back(token);
  for (Sorted& kind : kinds_) std::ranges::sort(kind, {}, &AddedToken::text);
}

void AddedTokens::split(std::string_view text, const std::function<void(std::string_view)>& between,
                        const std::function<void(const AddedToken&)>& token) const {
  const std::function<void(std::size_t, std::string_view)> split_kind = [&](std::size_t kind, std::string_view part) {
    if (kind == kinds_.size()) {
      if (!part.empty()) between(part);
      return;
    }
    std::size_t begin = 0;
    for (std::size_t at = 0; at < part.size() && !kinds_[kind].empty();) {
      const AddedToken* found = longest(kinds_[kind], part.substr(at));
      if (found != nullptr) {
        split_kind(kind + 1, part.substr(begin, at - begin));
        token(*found);
        begin = at + found->text.size();
      }
      at = found != nullptr ? begin : at + 1;
    }
    split_kind(kind + 1, part.substr(begin));
  };
  split_kind(0, text);
}

std::int64_t AddedTokens::count(std::string_view text) const {
  std::int64_t found = 0;
  split(text, [](std::string_view) {}, [&](const AddedToken&) { ++found; });
  return found;
}

// The one that the text starts with. In sorted order those that share a beginning are neighbours, so their number
// hardly matters.
const AddedToken* AddedTokens::longest(const Sorted& tokens, std::string_view text) {
  const AddedToken* best = nullptr;
  auto first = tokens.begin(), last = tokens.end();  // they share the first i bytes with the text
  for (std::size_t i = 0; first != last; ++i) {
    if (first->text.size() == i) best = &*first++;
    if (i == text.size()) break;
    const auto byte_at_i = [i](const AddedToken& token) { return static_cast<std::uint8_t>(token.text[i]); };
    const auto same = std::ranges::equal_range(first, last, static_cast<std::uint8_t>(text[i]), {}, byte_at_i);
    first = same.begin();
    last = same.end();
  }
  return best;
}

}  // namespace attend
