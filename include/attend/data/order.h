// The order in which training reads its corpora: a pure function of (seed, epoch, index). It is computed place by
// place, so nothing as large as a corpus is held or saved.
//
//   N      = pairs of all corpora; share c = N * weight c / sum of weights
//   quota  of corpus c in epoch e: floor((e + 1) * share c) - floor(e * share c)
//   index  i of epoch e: slot permutation(seed, e)(i); corpora own consecutive ranges of slots, as many as their quotas
//   slot   k of corpus c: draw g = floor(e * share c) + k of an endless row of passes over its n lines; pass g / n is
//          the permutation (seed, c, g / n) of the lines
//
// So an epoch is as long as all corpora together, and each corpus has exactly its share of it. Within a corpus, no line
// comes for the m-th time before every line has come m - 1 times. A single corpus is read once per epoch.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace attend {

// A permutation of 0 .. n-1 that needs no list. It is a Feistel network of twelve rounds (few bits need many rounds)
// over the smallest even number of bits that holds n. It is applied again until the result is below n (Black and
// Rogaway, CT-RSA 2002).
class Permutation {
 public:
  Permutation(std::uint64_t n, std::uint64_t key);
  std::uint64_t operator()(std::uint64_t i) const;

 private:
  std::uint64_t n_, mask_;
  unsigned half_;  // half the number of bits
  std::array<std::uint64_t, 12> keys_;
};

// One line of one corpus. `pass` says how often the whole corpus was read before.
struct Draw {
  std::int64_t corpus = 0, line = 0, pass = 0;
  bool operator==(const Draw&) const = default;
};

struct CorpusShare {
  std::int64_t lines = 0;  // at least 1
  double weight = 1.0;
};

class EpochOrder {
 public:
  EpochOrder(const std::vector<CorpusShare>& corpora, std::uint64_t seed, std::int64_t epoch);
  std::int64_t size() const { return first_slot_.back(); }
  Draw operator[](std::int64_t index) const;

 private:
  std::vector<CorpusShare> corpora_;
  std::uint64_t seed_;
  std::vector<std::int64_t> first_draw_;  // one per corpus
  std::vector<std::int64_t> first_slot_;  // one per corpus, and the end
  Permutation slots_;
};

}  // namespace attend
