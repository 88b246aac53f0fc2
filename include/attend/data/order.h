// In which order training reads its corpora: a pure function of (seed, epoch, index), computed place by place, so
// nothing of the size of a corpus is held or saved.
//
//   N      = pairs of all corpora; share c = N * weight c / sum of weights
//   quota  of corpus c in epoch e: floor((e + 1) * share c) - floor(e * share c)
//   index  i of epoch e: slot permutation(seed, e)(i); corpora own consecutive ranges of slots, as many as their quotas
//   slot   k of corpus c: draw g = floor(e * share c) + k of an endless row of passes over its n lines; pass g / n is
//          the permutation (seed, c, g / n) of the lines
//
// So an epoch is as long as all corpora together, each has exactly its share of it, and within a corpus no line comes
// for the m-th time before every line came m - 1 times. One corpus is read once an epoch.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace attend {

// A permutation of 0 .. n-1 without a list: a Feistel network of twelve rounds (few bits need many) over the smallest
// even number of bits that holds n, walked along its cycles until it is below n (Black and Rogaway, CT-RSA 2002).
class Permutation {
 public:
  Permutation(std::uint64_t n, std::uint64_t key);
  std::uint64_t operator()(std::uint64_t i) const;

 private:
  std::uint64_t n_, mask_;
  unsigned half_;  // bits
  std::array<std::uint64_t, 12> keys_;
};

// One line of one corpus; pass: how often all of that corpus came before.
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
  std::vector<std::int64_t> first_draw_;  // of each corpus
  std::vector<std::int64_t> first_slot_;  // of each corpus, and the end
  Permutation slots_;
};

}  // namespace attend
