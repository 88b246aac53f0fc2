// Decides which pairs of a pool form a batch: a pure function of (lengths, options, key).
#pragma once

#include <cstdint>
#include <vector>

#include "attend/config/config.h"
#include "attend/data/pair_store.h"

namespace attend {

using BatchRows = std::vector<std::int64_t>;  // indices of lines in a pool

// Returns how many pairs form a pool: as many as `pool` batches hold on average.
std::int64_t pool_pairs(const BatchConfig& config, double mean_source, double mean_target);

// Sorts pairs by target length, with source lengths alternately ascending and descending, and cuts them into batches of
// at most config.size. The key decides the order of the batches.
std::vector<BatchRows> pool_batches(const std::vector<PairLength>& lengths, const BatchConfig& config,
                                    std::uint64_t key);

}  // namespace attend
