// Which pairs make a batch, and in which order: a pure function of (lengths, options, seed, epoch). Pairs are shuffled,
// pools of `pool` batches are sorted by length and cut, and the batches are shuffled again.
#pragma once

#include <cstdint>
#include <vector>

#include "attend/config/config.h"

namespace attend {

struct PairLength {
  std::int32_t source = 0, target = 0;  // with end symbols
};

using BatchRows = std::vector<std::int64_t>;  // lines of the dataset

// The batches of one epoch of training.
std::vector<BatchRows> epoch_batches(const std::vector<PairLength>& lengths, const BatchConfig& config, std::uint64_t seed,
                                     std::int64_t epoch);

// Sorted by length, nothing shuffled: for validation.
std::vector<BatchRows> sorted_batches(const std::vector<PairLength>& lengths, const BatchConfig& config);

}  // namespace attend
