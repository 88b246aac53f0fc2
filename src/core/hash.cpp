#include "attend/core/hash.h"

#include <xxhash.h>

#include <array>
#include <cstdint>
#include <memory>
#include <new>

#include "attend/core/file.h"

namespace attend {
namespace {

std::string hexadecimal(XXH128_hash_t hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint64_t half : {hash.high64, hash.low64})
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[(half >> shift) & 15]);
  return text;
}

// Remainders of one byte; the polynomial 0x1edc6f41 with its bits in reverse.
constexpr std::array<std::uint32_t, 256> castagnoli_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    table[byte] = byte;
    for (int bit = 0; bit < 8; ++bit) table[byte] = (table[byte] >> 1) ^ ((table[byte] & 1) != 0 ? 0x82f63b78u : 0u);
  }
  return table;
}
constexpr auto kCastagnoli = castagnoli_table();

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::string xxh3_128(std::string_view bytes) { return hexadecimal(XXH3_128bits(bytes.data(), bytes.size())); }

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t remainder = ~0u;
  for (const char byte : bytes)
    remainder = (remainder >> 8) ^ kCastagnoli[(remainder ^ static_cast<std::uint8_t>(byte)) & 255];
  return ~remainder;
}

std::uint64_t xxh3_64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string xxh3_128_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  read_blocks(path, [&](std::string_view block) { XXH3_128bits_update(state.get(), block.data(), block.size()); });
  return hexadecimal(XXH3_128bits_digest(state.get()));
}

}  // namespace attend
