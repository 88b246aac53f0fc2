// Loops of tiles.h, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

using namespace tiles;

// Rows of c whose two vectors fit the registers beside what they are made of: 32 of them with AVX-512, else 16.
constexpr int kTileRows = kLanes == 16 ? 8 : 6;

// kRows x (kLanes kVectors) of c, held in registers over the whole of k.
template <int kRows, int kVectors>
ATTEND_INLINE void block(const Product& p, std::int64_t row, std::int64_t column) {
  Floats c[kRows][kVectors] = {};
  const float* a = p.a + row * p.a_row;
  const float* b = p.b + column;
  for (std::int64_t l = 0; l < p.k; ++l, a += p.a_column, b += p.b_row) {
    Floats right[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) right[v] = load(b + v * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) c[i][v] += a[i * p.a_row] * right[v];
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* out = p.c + (row + i) * p.c_row + column + v * kLanes;
      store(out, p.add ? load(out) + c[i][v] : c[i][v]);
    }
}

template <int kVectors>
ATTEND_INLINE void columns(const Product& p, std::int64_t column) {
  std::int64_t row = 0;
  for (; row + kTileRows <= p.m; row += kTileRows) block<kTileRows, kVectors>(p, row, column);
  for (; row + 4 <= p.m; row += 4) block<4, kVectors>(p, row, column);
  for (; row + 2 <= p.m; row += 2) block<2, kVectors>(p, row, column);
  if (row < p.m) block<1, kVectors>(p, row, column);
}

template <class T>
static void load_all(float* to, const T* from, const Rows& rows, float factor) {
  const std::int64_t width = padded(rows.n);
  for (std::int64_t r = 0; r < rows.count; ++r)
    for (std::int64_t i = 0; i < width; i += kLanes)
      store(to + r * width + i, i < rows.n ? load(from + r * rows.stride + i, rows.n - i) * factor : Floats{});
}

template <class T>
static void store_all(T* to, const float* from, const Rows& rows, float factor) {
  const std::int64_t width = padded(rows.n);
  for (std::int64_t r = 0; r < rows.count; ++r)
    for (std::int64_t i = 0; i < rows.n; i += kLanes)
      store(to + r * rows.stride + i, load(from + r * width + i) * factor, rows.n - i);
}

// Two vectors exchange halves: the lanes of both whose number lacks the bit `distance`, and those that have it.
struct Halved {
  Floats low, high;
};
ATTEND_INLINE Halved exchange(Floats a, Floats b, int distance) {
  Ints low = lane_numbers(), high;
  for (int i = 0; i < kLanes; ++i) {
    low[i] = (i & distance) ? i - distance + kLanes : i;
    high[i] = (i & distance) ? i + kLanes : i + distance;
  }
  return {__builtin_shuffle(a, b, low), __builtin_shuffle(a, b, high)};
}

// After distances kLanes / 2, ..., 2, 1 the kLanes vectors are transposed.
ATTEND_INLINE void transpose_step(Floats* x, int distance) {
#pragma GCC unroll 16
  for (int r = 0; r < kLanes; ++r) {
    if (r & distance) continue;
    const auto [low, high] = exchange(x[r], x[r + distance], distance);
    x[r] = low, x[r + distance] = high;
  }
}

// Lane r of the result: the sum of x[r].
ATTEND_INLINE Floats sums(Floats* x) {
#pragma GCC unroll 4
  for (int distance = kLanes / 2; distance > 0; distance /= 2)
#pragma GCC unroll 8
    for (int r = 0; r < distance; ++r) {
      const auto [low, high] = exchange(x[r], x[r + distance], distance);
      x[r] = low + high;
    }
  return x[0];
}

ATTEND_INLINE Floats scores_of(const float* scores, const Tile& tile, std::int64_t query, std::int64_t key) {
  Floats s = load(scores + query * tile.keys + key) * tile.scale;
  if (tile.bias != nullptr) s += load(tile.bias + key - query);
  const auto first = static_cast<std::int32_t>(tile.first_key + key);
  const Ints seen = (lane_numbers() >= tile.low[query] - first) & (lane_numbers() < tile.high[query] - first);
  return select(seen & load(tile.real + key), s, splat(-kInfinity));
}

ATTEND_INLINE Floats drop(const Tile& tile, std::int64_t at, Floats x) {
  return tile.draws == nullptr ? x : keep_drawn(tile.draws + at, tile.threshold, x * tile.survivor);
}

static void multiply_loop(const Product& p) {
  std::int64_t column = 0;
  if (p.m == 1)  // one row's sums wait for each other: more of them at a time
    for (; column + 4 * kLanes <= p.n; column += 4 * kLanes) block<1, 4>(p, 0, column);
  for (; column + 2 * kLanes <= p.n; column += 2 * kLanes) columns<2>(p, column);
  if (column < p.n) columns<1>(p, column);
}

static void multiply_rows_loop(const Product& p, std::int64_t rows) {
  for (std::int64_t j = 0; j < p.n; j += kLanes)
    for (std::int64_t i = 0; i < p.m; ++i) {
      if (j >= rows) {
        store(p.c + i * p.c_row + j, Floats{});
        continue;
      }
      const float* a = p.a + i * p.a_row;
      Floats x[kLanes];
#pragma GCC unroll 16
      for (int r = 0; r < kLanes; ++r) {
        const float* b = p.b + std::min(j + r, rows - 1) * p.b_row;
        x[r] = load(a) * load(b);
        for (std::int64_t l = kLanes; l < p.k; l += kLanes) x[r] += load(a + l) * load(b + l);
      }
      store(p.c + i * p.c_row + j, sums(x));
    }
}

static void transpose_loop(float* to, const float* from, const Rows& rows, std::int64_t width) {
  for (std::int64_t r = 0; r < width; r += kLanes)
    for (std::int64_t i = 0; i < rows.n; i += kLanes) {
      Floats x[kLanes];
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) x[j] = r + j < rows.count ? load(from + (r + j) * rows.stride + i) : Floats{};
#pragma GCC unroll 4
      for (int distance = kLanes / 2; distance > 0; distance /= 2) transpose_step(x, distance);
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j)
        if (i + j < rows.n) store(to + (i + j) * width + r, x[j]);
    }
}

static void turn_rows_loop(c10::BFloat16* to, const float* from, const Rows& rows, std::int64_t width) {
  for (std::int64_t r = 0; r < width; r += kLanes)
    for (std::int64_t i = 0; i < rows.n; i += kLanes) {
      Floats x[kLanes];
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) x[j] = r + j < rows.count ? load(from + (r + j) * rows.stride + i) : Floats{};
#pragma GCC unroll 4
      for (int distance = kLanes / 2; distance > 0; distance /= 2) transpose_step(x, distance);
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) store(to + (i + j) * width + r, x[j], kLanes);
    }
}

ATTEND_INLINE Words words_of(const c10::BFloat16* row, std::int64_t i) {
  Halves halves = {};
  if (row != nullptr) std::memcpy(&halves, row + i, sizeof halves);
  return __builtin_convertvector(halves, Words);
}

static void pair_rows_loop(float* words, const c10::BFloat16* even, const c10::BFloat16* odd, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const Words pairs = words_of(even, i) | words_of(odd, i) << 16;
    std::memcpy(words + i, &pairs, sizeof pairs);
  }
}

static void soften_loop(float* scores, const Tile& tile, RowState* states) {
  for (std::int64_t i = 0; i < tile.queries; ++i) {
    Floats high = splat(-kInfinity), total = {}, fault = {};
    for (std::int64_t j = 0; j < tile.keys; j += kLanes) {
      const Floats s = scores_of(scores, tile, i, j);
      high = maximum(high, s);
      fault += keep_where(s != s, s);  // exp makes 0 of what is no number; the row is to become none
    }
    RowState& state = states[i];
    const float before = state.high, now = largest(high);
    state.high = before > now ? before : now;
    const float top = state.high == -kInfinity ? 0.0f : state.high;  // nothing seen yet: every exponential below is 0
    for (std::int64_t j = 0; j < tile.keys; j += kLanes) {
      const Floats p = exp(scores_of(scores, tile, i, j) - top);
      total += p;
      store(scores + i * tile.keys + j, drop(tile, i * tile.keys + j, p));
    }
    state.shrink = before == -kInfinity ? 0.0f : std::exp(before - top);
    state.total = state.total * state.shrink + sum(total) + sum(fault);
  }
}

static void soften_backward_loop(float* scores, float* d_kept, const Tile& tile, const BackwardRows& rows) {
  for (std::int64_t i = 0; i < tile.queries; ++i) {
    const float lse = rows.log_sum_exp[i] == -kInfinity ? kInfinity : rows.log_sum_exp[i];  // no keys: every p is 0
    for (std::int64_t j = 0; j < tile.keys; j += kLanes) {
      const std::int64_t at = i * tile.keys + j;
      const Floats p = exp(scores_of(scores, tile, i, j) - lse);
      store(d_kept + at, p * (drop(tile, at, load(d_kept + at)) - rows.delta[i]));
      store(scores + at, drop(tile, at, p));
    }
  }
}

static void scale_row_loop(float* x, std::int64_t n, float factor) {
  for (std::int64_t i = 0; i < n; i += kLanes) store(x + i, load(x + i) * factor);
}

static void add_row_loop(float* to, const float* from, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += kLanes) store(to + i, load(to + i) + load(from + i));
}

static float dot_loop(const float* a, const float* b, std::int64_t n) {
  Floats total = {};
  for (std::int64_t i = 0; i < n; i += kLanes) total += load(a + i) * load(b + i);
  return sum(total);
}

}  // namespace attend::kernels::ATTEND_TARGET
