#include <utility>

#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";
constexpr std::int32_t kFirstSymbol = kSpecialCount + 256;

class ByteTokenizer final : public Tokenizer {
 public:
  ByteTokenizer(std::vector<AddedToken> symbols, std::string bytes)
      : symbols_(std::move(symbols)), added_(symbols_), bytes_(std::move(bytes)) {}

  std::vector<std::int32_t> encode(std::string_view text) const override {
    require_utf8(text);
    std::vector<std::int32_t> ids;
    ids.reserve(text.size());
    added_.split(
        text,
        [&](std::string_view part) {
          for (const char byte : part) ids.push_back(kSpecialCount + static_cast<unsigned char>(byte));
        },
        [&](const AddedToken& symbol) { ids.push_back(symbol.id); });
    return ids;
  }

  std::vector<TextSpan> spans(std::string_view text) const override {
    std::vector<TextSpan> spans;
    std::size_t at = 0;
    added_.split(
        text,
        [&](std::string_view part) {
          for (const auto end = at + part.size(); at < end; ++at) spans.push_back({at, at + 1});
        },
        [&](const AddedToken& symbol) {
          spans.push_back({at, at + symbol.text.size()}), at = spans.back().end;
        });
    return spans;
  }

  // Bytes that form no UTF-8 become U+FFFD.
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids) {
      require_id(id, size());
      if (id >= kFirstSymbol) text += symbols_[static_cast<std::size_t>(id - kFirstSymbol)].text;
      else if (id >= kSpecialCount) text += static_cast<char>(id - kSpecialCount);
      if (id == special().unk) text += kReplacementBytes;
    }
    return encode_utf8(decode_utf8(text));
  }

  std::string bytes(std::int32_t id) const override {
    const bool is_byte = id >= kSpecialCount && id < kFirstSymbol;
    return is_byte ? std::string(1, static_cast<char>(id - kSpecialCount)) : decode(std::span(&id, 1));
  }

  std::int64_t size() const override { return kFirstSymbol + std::ssize(symbols_); }
  std::string piece(std::int32_t id) const override {
    require_id(id, size());
    if (id < kSpecialCount) return std::string(kSpecialPieces[id]);
    if (id >= kFirstSymbol) return symbols_[static_cast<std::size_t>(id - kFirstSymbol)].text;
    constexpr char kDigits[] = "0123456789ABCDEF";
    const std::int32_t byte = id - kSpecialCount;
    return std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + ">";
  }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::vector<AddedToken> symbols_;
  AddedTokens added_;
  std::string bytes_;
};

}  // namespace

TokenizerPointer make_bytes() {
  const Json vocabulary = vocabulary_header(TokenizerType::byte);
  return parse_bytes(vocabulary, vocabulary.dump() + "\n", "bytes");
}

TokenizerPointer parse_bytes(const Json& vocabulary, std::string bytes, std::string_view where) {
  return std::make_shared<ByteTokenizer>(symbols_of(vocabulary, kFirstSymbol, where), std::move(bytes));
}

}  // namespace attend
