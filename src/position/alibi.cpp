// ALiBi (Press et al. 2022): score(i, j) - m_n |i - j|. For N = 2^a heads m_n = 2^(-8 n / N), n = 1 .. N; otherwise the
// slopes of the largest power of two below N, followed by every second slope of the next one, beginning with the first.
// The published code adds m_n j, which equals this under a causal mask only; the distance itself holds for both.
// Cost: N (Tq + Tk) numbers; nothing is trained. Limits: none.
#include "attend/position/alibi.h"

#include <torch/types.h>

#include <cmath>

namespace attend {

std::vector<double> alibi_slopes(std::int64_t heads) {
  std::int64_t power = 1;
  while (power * 2 <= heads) power *= 2;
  const auto slope = [](std::int64_t n, std::int64_t of) {
    return std::exp2(-8.0 * static_cast<double>(n) / static_cast<double>(of));
  };
  std::vector<double> slopes;
  for (std::int64_t n = 1; n <= power; ++n) slopes.push_back(slope(n, power));
  for (std::int64_t n = 1; static_cast<std::int64_t>(slopes.size()) < heads; n += 2)
    slopes.push_back(slope(n, 2 * power));
  return slopes;
}

Alibi::Alibi(std::int64_t heads) {
  slopes_ = register_buffer("slopes", torch::tensor(alibi_slopes(heads), torch::kFloat64).to(torch::kFloat32));
}

at::Tensor Alibi::values(std::int64_t queries, std::int64_t keys) const {
  const auto distance = torch::arange(1 - keys, queries, slopes_.options()).abs();  // (L)
  return -slopes_.unsqueeze(1) * distance;
}

}  // namespace attend
