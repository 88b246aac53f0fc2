#include "tiles.h"

#include "../loops/simd.h"

#define ATTEND_LOOPS "../attention/tiles.inl"
#include "../loops/each_target.inl"

namespace attend::kernels::tiles {

ATTEND_CHOOSE(void multiply(const Product& p), multiply_loop(p))
ATTEND_CHOOSE(void multiply_rows(const Product& p, std::int64_t rows), multiply_rows_loop(p, rows))
ATTEND_CHOOSE(void load_rows(float* to, const float* from, const Rows& rows, float factor),
              load_all(to, from, rows, factor))
ATTEND_CHOOSE(void load_rows(float* to, const c10::BFloat16* from, const Rows& rows, float factor),
              load_all(to, from, rows, factor))
ATTEND_CHOOSE(void store_rows(float* to, const float* from, const Rows& rows, float factor),
              store_all(to, from, rows, factor))
ATTEND_CHOOSE(void store_rows(c10::BFloat16* to, const float* from, const Rows& rows, float factor),
              store_all(to, from, rows, factor))
ATTEND_CHOOSE(void transpose(float* to, const float* from, const Rows& rows, std::int64_t width),
              transpose_loop(to, from, rows, width))
ATTEND_CHOOSE(void turn_rows(c10::BFloat16* to, const float* from, const Rows& rows, std::int64_t width),
              turn_rows_loop(to, from, rows, width))
ATTEND_CHOOSE(void pair_rows(float* words, const c10::BFloat16* even, const c10::BFloat16* odd, std::int64_t n),
              pair_rows_loop(words, even, odd, n))
ATTEND_CHOOSE(void soften(float* scores, const Tile& tile, RowState* states), soften_loop(scores, tile, states))
ATTEND_CHOOSE(void soften_backward(float* scores, float* d_kept, const Tile& tile, const BackwardRows& rows),
              soften_backward_loop(scores, d_kept, tile, rows))
ATTEND_CHOOSE(void scale_row(float* x, std::int64_t n, float factor), scale_row_loop(x, n, factor))
ATTEND_CHOOSE(void add_row(float* to, const float* from, std::int64_t n), add_row_loop(to, from, n))
ATTEND_CHOOSE(float dot(const float* a, const float* b, std::int64_t n), dot_loop(a, b, n))

}  // namespace attend::kernels::tiles
