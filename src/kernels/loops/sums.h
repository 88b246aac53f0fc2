// Sums over rows and into masters, in float32 and in an order that does not depend on the number of threads.
#pragma once

#include <ATen/Functions.h>

#include "cross_entropy_loops.h"
#include "rows.h"

namespace attend::kernels {

// (rows, V) contiguous float32 or bfloat16 -> (V) float32
inline at::Tensor column_sum(const at::Tensor& x) {
  const std::int64_t rows = x.size(0), V = x.size(1),
                     blocks = std::max<std::int64_t>(1, (rows + kRowBlock - 1) / kRowBlock);
  at::Tensor partial = at::zeros({blocks, V}, x.options().dtype(at::kFloat));
  float* sums = partial.mutable_data_ptr<float>();
  with_element_type(x.scalar_type(), [&](auto* type) {
    const auto* from = x.const_data_ptr<ElementOf<decltype(type)>>();
    at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b)
        loops::add_rows(sums + b * V, from + b * kRowBlock * V, std::min(kRowBlock, rows - b * kRowBlock), V);
    });
  });
  return blocks == 1 ? partial[0] : partial.sum(0);
}

// sums += x; sums float32, both contiguous
inline void add_to(const at::Tensor& sums, const at::Tensor& x) {
  float* to = sums.mutable_data_ptr<float>();
  with_element_type(x.scalar_type(), [&](auto* type) {
    const auto* from = x.const_data_ptr<ElementOf<decltype(type)>>();
    at::parallel_for(0, sums.numel(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
      loops::accumulate(to + begin, from + begin, end - begin);
    });
  });
}

}  // namespace attend::kernels
