#include "attend/kernels/philox.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "loops/draws.h"

namespace attend::kernels {

void check_drawn_places(std::int64_t queries, std::int64_t keys) {
  TORCH_CHECK(queries <= kDraws && keys <= kDraws, "[attention] expected at most ", kDraws,
              " tokens where attention_dropout is above 0, got ", std::max(queries, keys),
              "; set model.attention_dropout 0");
}

DropoutScale dropout_scale(double p) {
  TORCH_CHECK(p >= 0 && p <= 1, "[dropout] expected a probability in 0..1, got ", p);
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * kDraws));
  return {threshold, threshold == kDraws ? 0.0f : static_cast<float>(kDraws / static_cast<double>(kDraws - threshold))};
}

namespace {

// factors[i] of draw first + i
void fill_factors(float* factors, std::int64_t count, std::uint64_t first, const DrawRow& row, DropoutScale scale) {
  alignas(64) std::uint16_t draws[kDrawBlock];
  const auto unread = static_cast<std::int64_t>(first % 8);  // of the first call
  for (std::int64_t begin = -unread; begin < count; begin += kDrawBlock) {
    const std::int64_t n = std::min<std::int64_t>(kDrawBlock, count - begin);
    fill_draws(draws, (n + 7) / 8, (first + static_cast<std::uint64_t>(begin)) / 8, row);
    for (std::int64_t i = std::max<std::int64_t>(0, -begin); i < n; ++i)
      factors[begin + i] = draws[i] >= scale.threshold ? scale.scale : 0.0f;
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
    for (std::int64_t b = begin; b < end; ++b)
      fill_factors(data + b * width, width, 0, draw_row(dropout.site, b), scale);
  });
  return factors.to(device);
}

at::Tensor attention_dropout_factors(at::IntArrayRef shape, const Dropout& dropout, at::Device device,
                                     DrawnBlocks blocks) {
  TORCH_CHECK(shape.size() == 4, "[dropout] expected the shape (B, N, Tq, Tk), got ", shape);
  TORCH_CHECK(shape[0] % blocks.count == 0, "[dropout] expected rows of ", blocks.count, " blocks, got ", shape[0]);
  const std::int64_t N = shape[1], Tq = shape[2], Tk = shape[3];
  if (blocks.count == 1) check_drawn_places(Tq, Tk);
  at::Tensor factors = at::empty(shape, at::kFloat);
  const DropoutScale scale = dropout_scale(dropout.p);
  float* data = factors.data_ptr<float>();
  at::parallel_for(0, shape[0] * N, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t bn = begin; bn < end; ++bn) {
      const std::int64_t row = bn / N / blocks.count, query = bn / N % blocks.count * blocks.step,
                         key = blocks.first_key + query;
      const std::int64_t skipped = std::clamp<std::int64_t>(-key, 0, Tk);  // keys before the first
      for (std::int64_t i = 0; i < Tq; ++i) {
        float* line = data + (bn * Tq + i) * Tk;
        std::fill_n(line, skipped, 0.0f);
        const std::uint64_t first = 8 * attention_call(bn % N, query + i) + static_cast<std::uint64_t>(key + skipped);
        fill_factors(line + skipped, Tk - skipped, first, draw_row(dropout.site, row), scale);
      }
    }
  });
  return factors.to(device);
}

}  // namespace attend::kernels
