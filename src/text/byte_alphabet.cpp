#include "byte_alphabet.h"

#include <array>

#include "attend/core/text.h"

namespace attend {
namespace {

constexpr char32_t kFirstShifted = 0x100;

constexpr bool stands_for_itself(char32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

struct Alphabet {
  std::array<char32_t, 256> characters{};
  std::array<int, kFirstShifted + 256> bytes{};  // -1: no byte

  constexpr Alphabet() {
    bytes.fill(-1);
    char32_t shifted = kFirstShifted;
    for (std::size_t byte = 0; byte < characters.size(); ++byte) {
      const bool itself = stands_for_itself(static_cast<char32_t>(byte));
      characters[byte] = itself ? static_cast<char32_t>(byte) : shifted++;
      bytes[characters[byte]] = static_cast<int>(byte);
    }
  }
};

constexpr Alphabet kAlphabet;

}  // namespace

char32_t byte_character(std::uint8_t byte) { return kAlphabet.characters[byte]; }

std::string to_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) append_utf8(text, byte_character(static_cast<std::uint8_t>(byte)));
  return text;
}

std::optional<std::string> from_byte_alphabet(std::string_view text) {
  if (!is_valid_utf8(text)) return std::nullopt;
  std::string bytes;
  for (const char32_t character : decode_utf8(text)) {
    const int byte = character < kAlphabet.bytes.size() ? kAlphabet.bytes[character] : -1;
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace attend
