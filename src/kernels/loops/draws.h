// The draws behind every dropout of this folder, made a run at a time: as many Philox counters side by side as a
// register holds.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "attend/kernels/philox.h"

namespace attend::kernels {

// The three words of the counter, and the key, that stay the same inside a row.
struct DrawRow {
  std::uint64_t key;
  std::uint32_t site;  // layer * 8 + site mod 8: 16 bits
  std::uint32_t row, step;
};

// The counter has three bits for a site. Sites from the eighth on take another key, so that none meets the draws of
// the next layer.
inline std::uint64_t key_of(const DrawSite& site) {
  const std::uint64_t group = static_cast<std::uint64_t>(site.site) >> 3;
  return group == 0 ? site.key.seed : derive_key(site.key.seed, KeyUse::further_sites, group);
}

// Row b of a tensor whose first row is site.key.first_row.
inline DrawRow draw_row(const DrawSite& site, std::int64_t b) {
  const std::uint32_t place = static_cast<std::uint32_t>(site.site) & 7;
  return {key_of(site), (static_cast<std::uint32_t>(site.layer) << 3 | place) & 0xFFFF,
          static_cast<std::uint32_t>(site.key.first_row + b), static_cast<std::uint32_t>(site.key.step)};
}

// index / 8 of (head, query, key 0); see attention_dropout_factors.
inline std::uint64_t attention_call(std::int64_t head, std::int64_t query) {
  return static_cast<std::uint64_t>(head) << 29 | static_cast<std::uint64_t>(query) << 13;
}

// Draws of calls first .. first + calls - 1: draws[8 c + i] is 16-bit half i of call c, low halves first. Room is
// needed for calls rounded up to a multiple of sixteen.
void fill_draws(std::uint16_t* draws, std::int64_t calls, std::uint64_t first, const DrawRow& row);

// Draws of a tile of attention probabilities: draws[(8 calls_per_query) i + j] for query first_query + i and key
// first_key + j. first_key is a multiple of eight. Room as above.
struct DrawTile {
  std::int64_t head, first_query, queries, first_key, calls_per_query;
};
void fill_attention_draws(std::uint16_t* draws, const DrawTile& tile, const DrawRow& row);

// Draws that one call of fill_draws makes at most in the loops of this folder: 2 KB, inside the first cache.
inline constexpr std::int64_t kDrawBlock = 1024;

}  // namespace attend::kernels
