// How the tasks of attention reach tensors, and the room in which they bring rows into the form of tiles.h.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/CPUAllocator.h>

#include <type_traits>

#include "tiles.h"

namespace attend::kernels::tiles {

// (B, heads, T, H) with a last stride of 1.
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

// Room that the tasks of a thread use one after the other, from the allocator of tensors, so that whoever counts bytes
// sees it.
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

// Rows of float32 that tiles can read where they are, else copied: of other types, or of a width that no vector ends
// at.
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

}  // namespace attend::kernels::tiles
