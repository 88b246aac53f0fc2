// A tokenizer whose ids are the bytes: the text "abc" is three tokens.
#pragma once

#include "attend/text/tokenizer.h"

namespace attend::test {

class Letters final : public Tokenizer {
 public:
  explicit Letters(std::string name = "letters", std::int64_t size = 256) : name_(std::move(name)), size_(size) {}
  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
    return ids;
  }
  std::string decode(std::span<const std::int32_t> ids) const override { return {ids.begin(), ids.end()}; }
  std::int64_t size() const override { return size_; }
  std::string piece(std::int32_t id) const override { return {static_cast<char>(id)}; }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return name_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::string name_;
  std::int64_t size_;
};

}  // namespace attend::test
