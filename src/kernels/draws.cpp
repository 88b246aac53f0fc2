#include "draws.h"

#include <cstring>

namespace attend::kernels {

void fill_draws(std::uint16_t* draws, std::int64_t calls, std::uint64_t first, const DrawRow& row) {
  for (std::int64_t c = 0; c < calls; ++c) {
    const std::uint64_t call = first + static_cast<std::uint64_t>(c);
    const auto words = philox({static_cast<std::uint32_t>(call), static_cast<std::uint32_t>(call >> 32) << 16 | row.site,
                               row.row, row.step}, row.key);
    std::memcpy(draws + 8 * c, words.data(), sizeof words);
  }
}

}  // namespace attend::kernels
