// What a task of attention_tasks.cpp reads: the keys and values of one sentence and key head as float32 tiles, in room that
// the tasks of a thread share. B batch, Tq queries, Tk keys, M key heads, N heads, H head size.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/CPUAllocator.h>

#include <array>
#include <type_traits>
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
  Floats rows_k, rows_v, columns_k, columns_v, q, out, d_k, d_v;
  std::vector<std::int32_t> real;
};

// Rows of float32 that tiles can read where they are, else copied: of other types, or of a width that no vector ends at.
class TileRows {
 public:
  template <class T>
  TileRows(const T* from, const Rows& rows, Floats& room) : stride_(padded(rows.n)) {
    if constexpr (std::is_same_v<std::remove_const_t<T>, float>) {
      if (stride_ == rows.n) {
        data_ = from;
        stride_ = rows.stride;
        return;
      }
    }
    load_rows(room.make(rows.count * stride_), from, rows, 1.0f);
    data_ = room.data();
  }
  const float* row(std::int64_t i) const { return data_ + i * stride_; }
  std::int64_t stride() const { return stride_; }

 private:
  std::int64_t stride_;
  const float* data_ = nullptr;
};

// Keys and values of one sentence and key head. Keys after the last valid one are left out altogether.
class Keys {
 public:
  template <class T>
  Keys(const AttentionPlan& plan, const Heads<T>& k, const Heads<T>& v, std::array<std::int64_t, 2> place, Room& room)
      : count(real_keys(plan, place[0])),
        width(padded(count)),
        HP(padded(plan.H)),
        rows_k(k.at(place[0], place[1], 0), {count, plan.H, k.row}, room.rows_k),
        rows_v(v.at(place[0], place[1], 0), {count, plan.H, v.row}, room.rows_v) {
    room.real.assign(static_cast<std::size_t>(width), 0);
    const bool* valid = plan.key_valid ? plan.key_valid + place[0] * plan.Tk : nullptr;
    for (std::int64_t j = 0; j < count; ++j)
      if (!valid || valid[j]) room.real[static_cast<std::size_t>(j)] = -1;
    real = room.real.data();
    if (plan.Tq * (plan.N / plan.M) <= kFewQueries) return;
    columns_k = room.columns_k.make(HP * width);
    transpose(room.columns_k.data(), rows_k.row(0), {count, plan.H, rows_k.stride()}, width);
  }

  std::int64_t count, width, HP;
  TileRows rows_k, rows_v;
  const float* columns_k = nullptr;    // (HP, width), or null: for few queries keys are not worth turning
  const std::int32_t* real = nullptr;  // see Tile

 private:
  static std::int64_t real_keys(const AttentionPlan& plan, std::int64_t b) {
    std::int64_t count = plan.Tk;
    while (plan.key_valid && count > 0 && !plan.key_valid[b * plan.Tk + count - 1]) --count;
    return count;
  }
};

}  // namespace attend::kernels::tiles
