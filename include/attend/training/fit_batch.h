// data.batch.size: auto. Finds the largest batch that fits into memory; it is measured once, when a run begins.
#pragma once

#include <functional>

#include "attend/config/config.h"
#include "attend/models/model.h"
#include "attend/tensor/runtime.h"

namespace attend {

// The largest size that `auto` chooses, in tokens. More tokens per update do not help learning, even if they fit.
inline constexpr std::int64_t kMostBatchTokens = 1 << 16;
// The share of free memory that a batch may take; lengths differ, and other programs use memory too.
inline constexpr double kMemoryShare = 0.7;

// Returns the size in units of data.batch. It runs forward and backward on made-up batches whose lines all have
// max_length tokens, beside the optimizer's state. On the CPU it counts the bytes that two small batches allocate and
// extrapolates to the free memory; on CUDA it tries sizes. The weights do not change. Throws OutOfMemoryError when not
// even one line fits.
std::int64_t fit_batch_size(const Config& config, Model& model, const Runtime& runtime);

// Returns the largest n in 1 .. most with fits(n), or 0. fits(n) must be true up to some limit and false beyond. Tries
// powers of two upwards, then halves the remaining interval until it is a tenth of n.
std::int64_t largest_that_fits(std::int64_t most, const std::function<bool(std::int64_t)>& fits);

// Returns the memory that this process can still take: that of the machine, or of its control group if that is less.
std::uint64_t free_memory();

}  // namespace attend
