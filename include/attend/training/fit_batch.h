// data.batch.size: auto. The largest batch that fits memory, measured once, when a run begins.
#pragma once

#include <functional>

#include "attend/config/config.h"
#include "attend/models/model.h"
#include "attend/tensor/runtime.h"

namespace attend {

// What `auto` finds at most, in tokens: more in one update does not help learning, whatever fits.
inline constexpr std::int64_t kMostBatchTokens = 1 << 16;
// Of the memory that is free, what a batch may take: lengths differ, and others use memory too.
inline constexpr double kMemoryShare = 0.7;

// In units of data.batch. Runs forward and backward on made-up batches whose lines are all max_length long, beside the
// optimizer's state. On a CPU it counts the bytes that two small batches allocate and draws the line from there to the
// memory that is free; on CUDA it tries. The weights stay as they are. OutOfMemoryError when not even one line fits.
std::int64_t fit_batch_size(const Config& config, Model& model, const Runtime& runtime);

// The largest n of 1 .. most with fits(n), where what fits is every n up to some limit; 0: none. Tries powers of two from
// below, then halves the rest down to a tenth of n.
std::int64_t largest_that_fits(std::int64_t most, const std::function<bool(std::int64_t)>& fits);

// Memory that a process can still take: of the machine, or of its control group where that is less.
std::uint64_t free_memory();

}  // namespace attend
