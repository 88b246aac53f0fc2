#include "attend/kernels/philox.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "draws.h"

namespace attend::kernels {

DropoutScale dropout_scale(double p) {
  TORCH_CHECK(p >= 0 && p <= 1, "[dropout] expected a probability in 0..1, got ", p);
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * kDraws));
  return {threshold, threshold == kDraws ? 0.0f : static_cast<float>(kDraws / static_cast<double>(kDraws - threshold))};
}

namespace {

// factors[i] of draws first_call * 8 + i
void fill_factors(float* factors, std::int64_t count, std::uint64_t first_call, const DrawRow& row, DropoutScale scale) {
  alignas(64) std::uint16_t draws[kDrawBlock];
  for (std::int64_t begin = 0; begin < count; begin += kDrawBlock) {
    const std::int64_t n = std::min<std::int64_t>(kDrawBlock, count - begin);
    fill_draws(draws, (n + 7) / 8, first_call + static_cast<std::uint64_t>(begin) / 8, row);
    for (std::int64_t i = 0; i < n; ++i) factors[begin + i] = draws[i] >= scale.threshold ? scale.scale : 0.0f;
  }
}

}  // namespace

at::Tensor dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device) {
  at::Tensor factors = at::empty(shape, at::kFloat);
  const std::int64_t rows = shape.empty() ? 1 : shape[0];
  const std::int64_t width = rows > 0 ? factors.numel() / rows : 0;
  const DropoutScale scale = dropout_scale(dropout.p);
  float* data = factors.data_ptr<float>();
  at::parallel_for(0, rows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) fill_factors(data + b * width, width, 0, draw_row(dropout.site, b), scale);
  });
  return factors.to(device);
}

at::Tensor attention_dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device, DrawnPlace first) {
  TORCH_CHECK(shape.size() == 4, "[dropout] expected the shape (B, N, Tq, Tk), got ", shape);
  TORCH_CHECK(first.key % 8 == 0, "[dropout] expected the first key at a multiple of 8, got ", first.key);
  check_drawn_places(first.query + shape[2], first.key + shape[3]);
  at::Tensor factors = at::empty(shape, at::kFloat);
  const std::int64_t N = shape[1], Tq = shape[2], Tk = shape[3];
  const DropoutScale scale = dropout_scale(dropout.p);
  float* data = factors.data_ptr<float>();
  at::parallel_for(0, shape[0] * N, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t bn = begin; bn < end; ++bn)
      for (std::int64_t i = 0; i < Tq; ++i)
        fill_factors(data + (bn * Tq + i) * Tk, Tk, attention_call(bn % N, first.query + i) + static_cast<std::uint64_t>(first.key) / 8,
                     draw_row(dropout.site, bn / N), scale);
  });
  return factors.to(device);
}

}  // namespace attend::kernels
