// The arithmetic under attention.h: one key head of one sentence at a time, small float32 matrix products on tiles.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <limits>

#include "../loops/draws.h"

namespace attend::kernels::tiles {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

inline constexpr std::int64_t kQueries = 32;   // queries of a tile
inline constexpr std::int64_t kKeys = 128;     // keys of a tile
inline constexpr std::int64_t kMaxHead = 256;
constexpr std::int64_t padded(std::int64_t n) { return (n + 15) / 16 * 16; }

// c (m x n) += a b, n a multiple of 16, or = a b. a is read at a[i * a_row + l * a_column], b and c row by row.
struct Product {
  std::int64_t m, n, k;
  const float* a;
  std::int64_t a_row, a_column;
  const float* b;
  std::int64_t b_row;
  float* c;
  std::int64_t c_row;
  bool add;
};
void multiply(const Product& p);
// c = a b^T: b has a row of k for each column of c, k a multiple of 16. Columns that have no row in b
// hold numbers that mean nothing.
void multiply_rows(const Product& p, std::int64_t rows);

// Rows of n elements between storage and tiles: to[i * padded(n)] = factor * from[i * stride], zeros behind.
struct Rows {
  std::int64_t count, n, stride;
};
void load_rows(float* to, const float* from, const Rows& rows, float factor);
void load_rows(float* to, const c10::BFloat16* from, const Rows& rows, float factor);
void store_rows(float* to, const float* from, const Rows& rows, float factor);
void store_rows(c10::BFloat16* to, const float* from, const Rows& rows, float factor);
// to (n x width) = the transpose of from (count x padded(n), a row every `stride`); width >= count a multiple of 16,
// zeros behind.
void transpose(float* to, const float* from, const Rows& rows, std::int64_t width);

// The same, turned and rounded: to[j * width + i] = from[i * stride + j], zeros behind `count`; n and width multiples
// of 16.
void turn_rows(c10::BFloat16* to, const float* from, const Rows& rows, std::int64_t width);
// Word i: element i of two rows side by side, the even one low; a row that is null has zeros. n a multiple of 16.
void pair_rows(float* words, const c10::BFloat16* even, const c10::BFloat16* odd, std::int64_t n);

// The scores of a tile: query i sees column j when low[i] <= first_key + j < high[i] and real[j] (otherwise it is
// -inf).
struct Tile {
  std::int64_t queries, keys;     // keys: a multiple of 16
  const std::int32_t* real;       // (keys): -1, or 0 for padding
  std::int64_t first_key;         // of column 0
  const std::int32_t *low, *high; // (queries)
  float scale;                    // scores are multiplied by it
  const float* bias;              // bias[j - i] is added to the scaled score of query i and column j; or null
  const std::uint16_t* draws;     // (queries, keys), or null
  std::uint32_t threshold;
  float survivor;                 // scale of what survives dropout
};

// Online softmax: scores become dropout(exp(scores - high)); high and total are carried on, and `shrink` says by what
// factor earlier sums of the query go down. A score that is no number makes the total none.
struct RowState {
  float high, total, shrink;
};
void soften(float* scores, const Tile& tile, RowState* states);
// scores -> probabilities p with lse; gradient of what was dropped out (d_kept) -> gradient of the scores.
// On return scores holds dropout(p), d_kept holds p (dropout(d_kept) - delta).
struct BackwardRows {
  const float *log_sum_exp, *delta;
};
void soften_backward(float* scores, float* d_kept, const Tile& tile, const BackwardRows& rows);

void scale_row(float* x, std::int64_t n, float factor);
void add_row(float* to, const float* from, std::int64_t n);
float dot(const float* a, const float* b, std::int64_t n);

}  // namespace attend::kernels::tiles
