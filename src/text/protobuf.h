// The wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding), as far as SentencePiece's
// models use it. Every length is checked against what is left.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "attend/core/error.h"

namespace attend::protobuf {

[[noreturn]] inline void refuse(std::string_view where, std::string_view reason) {
  throw ModelError("[", where, "] expected a SentencePiece model, got ", reason,
                   "; the file is damaged, hostile or of another kind");
}

struct Field {
  std::uint64_t number = 0;
  unsigned wire = 0;         // 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes
  std::uint64_t value = 0;   // of a varint
  std::string_view payload;  // of the others
};

// The fields of one message, in order.
class Message {
 public:
  Message(std::string_view bytes, std::string_view where) : rest_(bytes), where_(where) {}

  bool next(Field& field) {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field = {tag >> 3, static_cast<unsigned>(tag & 7), 0, {}};
    if (field.number == 0 || field.number >= (1u << 29)) refuse(where_, "a field number out of range");
    switch (field.wire) {
      case 0: field.value = varint(); break;
      case 1: field.payload = take(8); break;
      case 2: field.payload = take(varint()); break;
      case 5: field.payload = take(4); break;
      default: refuse(where_, "a wire type that such models never use");
    }
    return true;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1).front());
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    refuse(where_, "a number of more than 64 bits");
  }

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) refuse(where_, "a length that passes the end of the file");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_, where_;
};

inline void append_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value & 0x7F | 0x80));
  bytes.push_back(static_cast<char>(value));
}

inline void expect_wire(const Field& field, unsigned wire, std::string_view where) {
  if (field.wire != wire) refuse(where, concat("field ", field.number, " with wire type ", field.wire));
}

template <class T>
T little_endian(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little, "SentencePiece models are little-endian");
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace attend::protobuf
