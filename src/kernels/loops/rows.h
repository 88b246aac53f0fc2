// The shapes of the loops in this folder: rows cut into blocks of draws, and sums over rows in fixed blocks, so that
// results do not depend on the number of threads.
#pragma once

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <optional>
#include <type_traits>

#include "draws.h"

namespace attend::kernels {

// Calls f with a null pointer of the element type, float or c10::BFloat16.
template <class F>
void with_element_type(at::ScalarType type, F&& f) {
  if (type == at::kFloat) f(static_cast<float*>(nullptr));
  else f(static_cast<c10::BFloat16*>(nullptr));
}
template <class Pointer>
using ElementOf = std::remove_pointer_t<Pointer>;

inline bool is_fast_type(at::ScalarType type) { return type == at::kFloat || type == at::kBFloat16; }

// A run of a row: elements offset .. offset + count of the whole tensor, with their draws.
struct DrawnRun {
  std::int64_t row, column, count;
  const std::uint16_t* draws;  // 15 more are readable
};

// Calls body(DrawnRun) for every run of a (rows, width) tensor, on all threads. Without dropout every element survives.
template <class Body>
void for_drawn_runs(std::int64_t rows, std::int64_t width, const Dropout& dropout, Body&& body) {
  const std::int64_t runs = (width + kDrawBlock - 1) / kDrawBlock;
  at::parallel_for(0, rows * runs, 8, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) std::uint16_t draws[kDrawBlock + 16] = {};
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t row = r / runs, column = r % runs * kDrawBlock, count = std::min(kDrawBlock, width - column);
      if (dropout.active())
        fill_draws(draws, (count + 7) / 8, static_cast<std::uint64_t>(column) / 8, draw_row(dropout.site, row));
      body(DrawnRun{row, column, count, draws});
    }
  });
}

// How a tensor that may be undefined passes into an autograd Function.
inline std::optional<at::Tensor> if_defined(const at::Tensor& x) {
  return x.defined() ? std::optional<at::Tensor>(x) : std::nullopt;
}

// What kernels read: a last stride of 1.
inline at::Tensor with_dense_rows(const at::Tensor& x) { return x.stride(-1) == 1 ? x : x.contiguous(); }

// (B, N, T, Y) like x, stored as (B, T, N, Y).
inline at::Tensor empty_heads(const at::Tensor& x) {
  return at::empty({x.size(0), x.size(2), x.size(1), x.size(3)}, x.options()).transpose(1, 2);
}

// Rows whose sums are made one after the other: the unit of every sum over rows.
inline constexpr std::int64_t kRowBlock = 64;

}  // namespace attend::kernels
