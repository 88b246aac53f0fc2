#include <utility>

#include "attend/core/text.h"
#include "kinds.h"

namespace attend {
namespace {

constexpr std::string_view kReplacementBytes = "\xEF\xBF\xBD";

class ByteTokenizer final : public Tokenizer {
 public:
  explicit ByteTokenizer(std::string bytes) : bytes_(std::move(bytes)) {}

  std::vector<std::int32_t> encode(std::string_view text) const override {
    require_utf8(text);
    std::vector<std::int32_t> ids;
    ids.reserve(text.size());
    for (const char byte : text) ids.push_back(kSpecialCount + static_cast<unsigned char>(byte));
    return ids;
  }

  std::vector<TextSpan> spans(std::string_view text) const override {
    std::vector<TextSpan> spans;
    for (std::size_t at = 0; at < text.size(); ++at) spans.push_back({at, at + 1});
    return spans;
  }

  // Bytes that form no UTF-8 become U+FFFD.
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids) {
      require_id(id, size());
      if (id >= kSpecialCount) text += static_cast<char>(id - kSpecialCount);
      if (id == special().unk) text += kReplacementBytes;
    }
    return encode_utf8(decode_utf8(text));
  }

  std::string bytes(std::int32_t id) const override {
    return id < kSpecialCount ? decode(std::span(&id, 1)) : std::string(1, static_cast<char>(id - kSpecialCount));
  }

  std::int64_t size() const override { return kSpecialCount + 256; }
  std::string piece(std::int32_t id) const override {
    require_id(id, size());
    if (id < kSpecialCount) return std::string(kSpecialPieces[id]);
    constexpr char kDigits[] = "0123456789ABCDEF";
    const std::int32_t byte = id - kSpecialCount;
    return std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + ">";
  }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::string bytes_;
};

}  // namespace

TokenizerPointer make_bytes() { return parse_bytes(vocabulary_header(TokenizerType::byte).dump() + "\n"); }
TokenizerPointer parse_bytes(std::string bytes) { return std::make_shared<ByteTokenizer>(std::move(bytes)); }

}  // namespace attend
