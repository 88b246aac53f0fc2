#include "attend/data/order.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "attend/core/philox.h"

namespace attend {
namespace {

// The finaliser of SplitMix64 (Steele et al. 2014).
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

std::vector<std::int64_t> draws_before(const std::vector<CorpusShare>& corpora, std::int64_t epoch) {
  double lines = 0, weights = 0;
  for (const auto& corpus : corpora) {
    lines += static_cast<double>(corpus.lines);
    weights += corpus.weight;
  }
  std::vector<std::int64_t> draws;
  for (const auto& corpus : corpora)
    draws.push_back(
        static_cast<std::int64_t>(std::floor(static_cast<double>(epoch) * (lines * (corpus.weight / weights)))));
  return draws;
}

std::vector<std::int64_t> slots_of(const std::vector<CorpusShare>& corpora, std::int64_t epoch) {
  const auto before = draws_before(corpora, epoch), after = draws_before(corpora, epoch + 1);
  std::vector<std::int64_t> first{0};
  for (std::size_t c = 0; c < corpora.size(); ++c) first.push_back(first.back() + after[c] - before[c]);
  return first;
}

}  // namespace

Permutation::Permutation(std::uint64_t n, std::uint64_t key)
    : n_(n), half_(std::max(1u, (static_cast<unsigned>(std::bit_width(n - 1)) + 1) / 2)) {
  mask_ = (std::uint64_t{1} << half_) - 1;
  for (std::size_t round = 0; round < keys_.size(); ++round)
    keys_[round] = derive_key(key, KeyUse::epoch_rounds, round);
}

std::uint64_t Permutation::operator()(std::uint64_t i) const {
  do {
    std::uint64_t left = i >> half_, right = i & mask_;
    for (const auto key : keys_) {
      const std::uint64_t next = left ^ (mix(right ^ key) & mask_);
      left = right;
      right = next;
    }
    i = left << half_ | right;
  } while (i >= n_);
  return i;
}

EpochOrder::EpochOrder(const std::vector<CorpusShare>& corpora, std::uint64_t seed, std::int64_t epoch)
    : corpora_(corpora),
      seed_(seed),
      first_draw_(draws_before(corpora, epoch)),
      first_slot_(slots_of(corpora, epoch)),
      slots_(static_cast<std::uint64_t>(first_slot_.back()),
             derive_key(seed, KeyUse::mixture_slots, static_cast<std::uint64_t>(epoch))) {}

Draw EpochOrder::operator[](std::int64_t index) const {
  const auto slot = static_cast<std::int64_t>(slots_(static_cast<std::uint64_t>(index)));
  const auto end = std::upper_bound(first_slot_.begin() + 1, first_slot_.end() - 1, slot);
  const auto corpus = static_cast<std::size_t>(end - first_slot_.begin() - 1);
  const std::int64_t lines = corpora_[corpus].lines;
  const std::int64_t draw = first_draw_[corpus] + slot - first_slot_[corpus], pass = draw / lines;
  const Permutation permutation(
      static_cast<std::uint64_t>(lines),
      derive_key(seed_, KeyUse::corpus_lines, static_cast<std::uint64_t>(pass), static_cast<std::uint32_t>(corpus)));
  const auto line = permutation(static_cast<std::uint64_t>(draw % lines));
  return {static_cast<std::int64_t>(corpus), static_cast<std::int64_t>(line), pass};
}

}  // namespace attend
