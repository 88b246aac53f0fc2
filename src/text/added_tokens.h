// Pieces that a byte-level BPE looks for in a text before it splits it into words: special tokens, tags.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace attend {

struct AddedToken {
  std::string text;
  std::int32_t id = 0;
  bool special = false;     // gives no text back
  bool normalized = false;  // looked for in what is left by those that are not
};

// Those that text becomes unless special symbols are parsed.
std::vector<AddedToken> without_specials(std::vector<AddedToken> tokens);

class AddedTokens {
 public:
  AddedTokens() = default;
  explicit AddedTokens(const std::vector<AddedToken>& tokens);
  // The tokens that stand in the text, from the left the longest one, and what is between them, in order.
  void split(std::string_view text, const std::function<void(std::string_view)>& between,
             const std::function<void(const AddedToken&)>& token) const;
  std::int64_t count(std::string_view text) const;

 private:
  using Sorted = std::vector<AddedToken>;
  static const AddedToken* longest(const Sorted& tokens, std::string_view text);

  std::array<Sorted, 2> kinds_;  // not normalized, normalized; in the order of their bytes
};

}  // namespace attend
