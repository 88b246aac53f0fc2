// What a task of attention_tasks.cpp reads: which keys of one sentence there are, and room that the tasks of a thread share.
// B batch, Tq queries, Tk keys, M key heads, N heads, H head size.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/CPUAllocator.h>

#include <array>
#include <vector>

#include "attention_tasks.h"
#include "attention_tiles.h"

namespace attend::kernels::tiles {

inline constexpr std::int64_t kFewQueries = 8;  // a decoding step's

template <class T>
struct Heads {
  T* data;
  std::int64_t batch, head, row;  // strides
  T* at(std::int64_t b, std::int64_t n, std::int64_t t) const { return data + b * batch + n * head + t * row; }
};
template <class T>
Heads<T> heads_of(const at::Tensor& x) {
  return {static_cast<T*>(x.data_ptr()), x.stride(0), x.stride(1), x.stride(2)};
}

// Room that the tasks of a thread use one after the other, from the allocator of tensors, so that whoever counts bytes sees it.
class Floats {
 public:
  float* make(std::int64_t n) {
    if (n > size_) memory_ = c10::GetCPUAllocator()->allocate(static_cast<std::size_t>(size_ = n) * sizeof(float));
    return data();
  }
  float* data() const { return static_cast<float*>(memory_.get()); }

 private:
  std::int64_t size_ = 0;
  c10::DataPtr memory_;
};

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
