// Loops of draws.h, for one target (simd.h).

namespace attend::kernels::ATTEND_TARGET {

// low and high halves of a * m, lane by lane
ATTEND_INLINE void multiply(Words a, std::uint32_t m, Words& low, Words& high) {
  const Longs lower = ~Longs{} >> 32;
  const Longs even = ((Longs)a & lower) * m, odd = ((Longs)a >> 32) * m;
  low = (Words)((even & lower) | (odd << 32));
  high = (Words)((even >> 32) | (odd & ~lower));
}

// first, first + n, first + 1, first + n + 1, ... for n lanes: two vectors shuffled so take turns.
template <class Vector>
ATTEND_INLINE Vector alternating(std::uint32_t first) {
  constexpr std::uint32_t n = sizeof(Vector) / sizeof(Vector{}[0]);
  Vector order = {};
  for (std::uint32_t i = 0; i < n; ++i) order[i] = first + i / 2 + i % 2 * n;
  return order;
}

// kLanes calls whose counters start with c0 and c1; their 4 kLanes words in the order of the calls.
ATTEND_INLINE void calls_of_lanes(std::uint16_t* draws, Words c0, Words c1, const DrawRow& row) {
  Words c2 = Words{} + row.row, c3 = Words{} + row.step;
  auto k0 = static_cast<std::uint32_t>(row.key), k1 = static_cast<std::uint32_t>(row.key >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    Words a_low, a_high, b_low, b_high;
    multiply(c0, kPhiloxA, a_low, a_high);
    multiply(c2, kPhiloxB, b_low, b_high);
    c0 = b_high ^ c1 ^ k0;
    c1 = b_low;
    c2 = a_high ^ c3 ^ k1;
    c3 = a_low;
    k0 += kPhiloxKeyA;
    k1 += kPhiloxKeyB;
  }
  const auto low = alternating<Words>(0), high = alternating<Words>(kLanes / 2);
  const auto low2 = alternating<Longs>(0), high2 = alternating<Longs>(kLanes / 4);
  const Longs a = (Longs)__builtin_shuffle(c0, c1, low), b = (Longs)__builtin_shuffle(c2, c3, low);
  const Longs c = (Longs)__builtin_shuffle(c0, c1, high), d = (Longs)__builtin_shuffle(c2, c3, high);
  const Longs words[4] = {__builtin_shuffle(a, b, low2), __builtin_shuffle(a, b, high2),
                          __builtin_shuffle(c, d, low2), __builtin_shuffle(c, d, high2)};
  std::memcpy(draws, words, sizeof words);
}

static void fill_draws_loop(std::uint16_t* draws, std::int64_t calls, std::uint64_t first, const DrawRow& row) {
  for (std::int64_t c = 0; c < calls; c += kLanes) {
    const std::uint64_t call = first + static_cast<std::uint64_t>(c);
    const auto start = static_cast<std::uint32_t>(call);
    const Words c0 = (Words)lane_numbers() + start;
    const Words carry = (Words)(c0 < start) & 1;
    calls_of_lanes(draws + 8 * c, c0, (carry + static_cast<std::uint32_t>(call >> 32)) << 16 | row.site, row);
  }
}

static void fill_attention_draws_loop(std::uint16_t* draws, const DrawTile& tile, const DrawRow& row) {
  const std::int64_t calls = tile.queries * tile.calls_per_query;
  std::uint32_t c0[kLanes] = {}, c1[kLanes] = {};
  std::int64_t query = 0, part = 0;
  for (std::int64_t c = 0; c < calls; c += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t call =
          attention_call(tile.head, tile.first_query + query) + static_cast<std::uint64_t>(tile.first_key / 8 + part);
      c0[lane] = static_cast<std::uint32_t>(call);
      c1[lane] = static_cast<std::uint32_t>(call >> 32) << 16 | row.site;
      if (++part == tile.calls_per_query) part = 0, ++query;
    }
    Words lanes0, lanes1;
    std::memcpy(&lanes0, c0, sizeof c0);
    std::memcpy(&lanes1, c1, sizeof c1);
    calls_of_lanes(draws + 8 * c, lanes0, lanes1, row);
  }
}

}  // namespace attend::kernels::ATTEND_TARGET
