// Philox4x32-10 (Salmon et al., SC 2011): random numbers without a state. Four 32-bit words from a 128-bit counter and
// a 64-bit key, the same on every machine, in any order, on any number of threads.
#pragma once

#include <array>
#include <cstdint>

namespace attend {

inline constexpr int kPhiloxRounds = 10;
inline constexpr std::uint32_t kPhiloxA = 0xD2511F53, kPhiloxB = 0xCD9E8D57;
inline constexpr std::uint32_t kPhiloxKeyA = 0x9E3779B9, kPhiloxKeyB = 0xBB67AE85;

inline std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::uint64_t key) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const std::uint64_t a = std::uint64_t{kPhiloxA} * c[0], b = std::uint64_t{kPhiloxB} * c[2];
    c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(a)};
    k0 += kPhiloxKeyA;
    k1 += kPhiloxKeyB;
  }
  return c;
}

// A key of its own for each (key, purpose, a, b): 64 bits of Philox.
inline std::uint64_t derive_key(std::uint64_t key, std::uint32_t purpose, std::uint64_t a, std::uint32_t b = 0) {
  const auto words = philox({purpose, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32), b}, key);
  return std::uint64_t{words[0]} << 32 | words[1];
}

// The endless sequence of numbers that belongs to a key.
class PhiloxStream {
 public:
  explicit PhiloxStream(std::uint64_t key) : key_(key) {}

  // Of [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  std::uint64_t next() {
    if (used_ == 2) {
      const auto words = philox({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32), 0, 0}, key_);
      for (std::size_t i = 0; i < 2; ++i) numbers_[i] = std::uint64_t{words[2 * i]} << 32 | words[2 * i + 1];
      ++block_;
      used_ = 0;
    }
    return numbers_[used_++];
  }

 private:
  std::uint64_t key_, block_ = 0;
  std::array<std::uint64_t, 2> numbers_{};
  std::size_t used_ = 2;
};

}  // namespace attend
