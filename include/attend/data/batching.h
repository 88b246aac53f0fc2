// Which pairs of a pool make a batch: a pure function of (lengths, options, key).
#pragma once

#include <cstdint>
#include <vector>

#include "attend/config/config.h"
#include "attend/data/pair_store.h"

namespace attend {

using BatchRows = std::vector<std::int64_t>;  // lines of a pool

// Pairs in a pool: as many as `pool` batches hold on average.
std::int64_t pool_pairs(const BatchConfig& config, double mean_source, double mean_target);

// The pairs sorted by target length, sources up and down in turns, cut into batches of at most config.size; the batches
// in an order that the key decides.
std::vector<BatchRows> pool_batches(const std::vector<PairLength>& lengths, const BatchConfig& config, std::uint64_t key);

}  // namespace attend
