// GPT-2's alphabet: every byte as one printable character, so that pieces of bytes can stand in text files. The
// printable bytes of Latin-1 stand for themselves, the others in order for U+0100 and those after it: a space is
// U+0120.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attend {

char32_t byte_character(std::uint8_t byte);
// "the cat" -> "the\u0120cat"
std::string to_byte_alphabet(std::string_view bytes);
// Nothing where the text is no UTF-8 or has other characters.
std::optional<std::string> from_byte_alphabet(std::string_view text);

}  // namespace attend
