// Token ids as text: decimal numbers with spaces between them, as `attend tokenizer encode --ids` writes them.
#pragma once

#include "attend/text/tokenizer.h"

namespace attend {

// Returns the ids of a line. Throws DataError("[where] ...") for a word that is not an id below `vocabulary`.
std::vector<std::int32_t> parse_ids(std::string_view line, std::int64_t vocabulary, std::string_view where);

// A tokenizer whose pieces are the numbers themselves. As in any tokenizer, special symbols decode to no text.
class IdText final : public Tokenizer {
 public:
  IdText(std::int64_t size, SpecialIds special) : size_(size), special_(special) {}
  std::vector<std::int32_t> encode(std::string_view text) const override { return parse_ids(text, size_, "ids"); }
  std::string decode(std::span<const std::int32_t> ids) const override;
  std::int64_t size() const override { return size_; }
  std::string piece(std::int32_t id) const override { return std::to_string(id); }
  SpecialIds special() const override { return special_; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return none_; }
  std::string_view file_extension() const override { return none_; }

 private:
  std::int64_t size_;
  SpecialIds special_;
  std::string none_;
};

}  // namespace attend
