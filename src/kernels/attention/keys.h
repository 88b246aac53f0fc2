// What a task of tasks.cpp reads: which keys of one sentence there are, and room that the tasks of a thread
// share.
// B batch, Tq queries, Tk keys, M key heads, N heads, H head size.
#pragma once

#include <vector>

#include "tasks.h"
#include "tile_memory.h"

namespace attend::kernels::tiles {

inline constexpr std::int64_t kFewQueries = 8;  // a decoding step's

struct Room {
  Floats rows_k, rows_v, columns_k, columns_v, q, out, d_k, d_v, paired_q, paired_d;
  std::vector<std::int32_t> real;
};

// The keys of one sentence. Those after the last valid one are left out altogether.
struct KeyRange {
  KeyRange(const AttentionPlan& plan, std::int64_t b, Room& room) : count(plan.Tk) {
    const bool* valid = plan.key_valid ? plan.key_valid + b * plan.Tk : nullptr;
    while (valid && count > 0 && !valid[count - 1]) --count;
    width = padded(count);
    room.real.assign(static_cast<std::size_t>(width), 0);
    for (std::int64_t j = 0; j < count; ++j)
      if (!valid || valid[j]) room.real[static_cast<std::size_t>(j)] = -1;
    real = room.real.data();
  }
  std::int64_t count, width = 0;
  const std::int32_t* real = nullptr;  // (width), see Tile
};

// Gradients of one task while it runs: keys and values in rows of padded(H), the bias where it is kept (or null).
struct KeyGradients {
  float *k, *v;
  float* bias;  // (N, bias_row) of the row
};

}  // namespace attend::kernels::tiles
