// Philox4x32-10 (Salmon et al., SC 2011): random numbers without state. It turns a 128-bit counter and a 64-bit key
// into four 32-bit words, which are the same on every machine, in any order, on any number of threads.
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

// What a derived key is for. Two uses with the same number would draw the same random numbers. A number that was used
// in a release never changes, because stored runs repeat their draws.
enum class KeyUse : std::uint32_t {
  epoch_rounds = 0x0D0E0001,    // rounds of the permutation that orders an epoch
  mixture_slots = 0x0D0E0002,   // which corpus each place of an epoch reads
  corpus_lines = 0x0D0E0003,    // order of the lines of a corpus
  batch_order = 0x0D0E0004,     // order of the batches of a pool
  random_rows = 0x0D0E0005,     // where random blocks of a text begin
  sampled_lines = 0x0D0E0006,   // subwords of a line; derived from the key of its pass
  sampled_passes = 0x0D0E0007,  // subwords of a pass over a corpus
  further_sites = 0x0D0E0008,   // draws at the sites of a layer from the eighth on
};

// Returns a separate 64-bit key for each (key, use, a, b), drawn by Philox.
inline std::uint64_t derive_key(std::uint64_t key, KeyUse use, std::uint64_t a, std::uint32_t b = 0) {
  const auto words = philox(
      {static_cast<std::uint32_t>(use), static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32), b}, key);
  return std::uint64_t{words[0]} << 32 | words[1];
}

// The endless sequence of random numbers that belongs to a key.
class PhiloxStream {
 public:
  explicit PhiloxStream(std::uint64_t key) : key_(key) {}

  // Returns the next number in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  std::uint64_t next() {
    if (used_ == 2) {
      const auto words =
          philox({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32), 0, 0}, key_);
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
