#include "draws.h"

#include "simd.h"

#define ATTEND_LOOPS "draws.inl"
#include "each_target.inl"

namespace attend::kernels {

ATTEND_CHOOSE(void fill_draws(std::uint16_t* draws, std::int64_t calls, std::uint64_t first, const DrawRow& row),
              fill_draws_loop(draws, calls, first, row))
ATTEND_CHOOSE(void fill_attention_draws(std::uint16_t* draws, const DrawTile& tile, const DrawRow& row),
              fill_attention_draws_loop(draws, tile, row))

}  // namespace attend::kernels
