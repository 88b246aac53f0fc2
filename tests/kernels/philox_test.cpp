#include "attend/kernels/philox.h"

#include <set>
#include <tuple>

#include "src/kernels/loops/draws.h"
#include "tests/kernels/compare.h"

using namespace attend;
using namespace attend::kernels;

TEST_CASE("philox: the known answers of Random123") {
  using Words = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({~0u, ~0u, ~0u, ~0u}, ~0ull) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822ull) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("draws: the vectorised generator is philox, call by call") {
  const DrawRow row = draw_row({{0x123456789abcdefull, 41, 5}, kDecoderLayer + 3, Site::activation}, 9);
  CHECK(row.row == 14);
  CHECK(row.site == ((4096 + 3) << 3 | 3));
  for (const std::uint64_t first : {0ull, 5ull, (1ull << 32) - 7, (3ull << 32) - 16}) {
    std::vector<std::uint16_t> draws(8 * 48);
    fill_draws(draws.data(), 37, first, row);
    for (std::uint64_t c = 0; c < 37; ++c) {
      const std::uint64_t call = first + c;
      const auto words = philox({static_cast<std::uint32_t>(call),
                                 static_cast<std::uint32_t>(call >> 32) << 16 | row.site, row.row, row.step},
                                row.key);
      for (std::size_t i = 0; i < 8; ++i)
        REQUIRE(draws[8 * c + i] == static_cast<std::uint16_t>(words[i / 2] >> (16 * (i % 2))));
    }
  }
}

TEST_CASE("draws: no two of sixteen sites in two layers share their draws, and the first seven stay as they were") {
  const DrawKey key{17, 3, 0};
  std::set<std::tuple<std::uint64_t, std::uint32_t>> seen;
  for (int layer = 0; layer < 2; ++layer)
    for (int site = 0; site < 16; ++site) {
      const DrawRow row = draw_row({key, layer, static_cast<Site>(site)}, 0);
      CHECK(seen.emplace(row.key, row.site).second);
      if (site < 8) CHECK((row.key == 17 && row.site == static_cast<std::uint32_t>(8 * layer + site)));
    }
}

// A case for each use: two uses with one number do not compile, and a use that is missing here is a warning.
TEST_CASE("keys: every use has a number of its own") {
  const auto known = [](KeyUse use) {
    switch (use) {
      case KeyUse::epoch_rounds:
      case KeyUse::mixture_slots:
      case KeyUse::corpus_lines:
      case KeyUse::batch_order:
      case KeyUse::random_rows:
      case KeyUse::sampled_lines:
      case KeyUse::sampled_passes:
      case KeyUse::further_sites: return true;
    }
    return false;
  };
  CHECK(known(KeyUse::sampled_passes));
  CHECK_FALSE(known(static_cast<KeyUse>(0)));
  CHECK(derive_key(1, KeyUse::random_rows, 2) != derive_key(1, KeyUse::sampled_passes, 2));
}

TEST_CASE("draws: an attention tile holds the draws of its places") {
  const DrawRow row = draw_row({{3, 1, 0}, 0, Site::self_attention}, 2);
  std::vector<std::uint16_t> tile(8 * (7 * 3 + 16)), line(8 * 16);
  fill_attention_draws(tile.data(), {5, 10, 7, 64, 3}, row);
  for (std::int64_t i = 0; i < 7; ++i) {
    fill_draws(line.data(), 3, attention_call(5, 10 + i) + 8, row);
    for (std::int64_t j = 0; j < 24; ++j)
      REQUIRE(tile[static_cast<std::size_t>(24 * i + j)] == line[static_cast<std::size_t>(j)]);
  }
}

TEST_CASE("dropout: keeps its share, and the mean stays") {
  for (const double p : {0.0, 0.1, 0.3, 0.5, 0.9}) {
    const at::Tensor factors = dropout_factors({64, 4096}, test::make_dropout(p), at::kCPU);
    CHECK(factors.eq(0).to(at::kDouble).mean().item<double>() == Approx(p).margin(0.005));
    CHECK(factors.mean().item<double>() == Approx(1.0).margin(0.02));
  }
  CHECK(dropout_factors({2, 40}, test::make_dropout(1.0), at::kCPU).abs().max().item<float>() == 0.0f);
}

TEST_CASE("dropout: a row's mask depends on its number in the global batch, not on the split") {
  const at::Tensor whole = dropout_factors({6, 5, 33}, test::make_dropout(0.4), at::kCPU);
  const at::Tensor part = dropout_factors({2, 5, 33}, test::make_dropout(0.4, 7, 3), at::kCPU);
  CHECK(whole.slice(0, 3, 5).equal(part));
  const at::Tensor padded = dropout_factors({6, 9, 33}, test::make_dropout(0.4), at::kCPU);
  CHECK(padded.slice(1, 0, 5).equal(whole));
  CHECK_FALSE(whole[0].equal(whole[1]));
  CHECK_FALSE(whole.equal(dropout_factors({6, 5, 33}, test::make_dropout(0.4, 8), at::kCPU)));
}

TEST_CASE("attention dropout: padding moves no draw") {
  const at::Tensor small = attention_dropout_factors({2, 3, 5, 7}, test::make_dropout(0.5), at::kCPU);
  const at::Tensor large = attention_dropout_factors({2, 3, 9, 30}, test::make_dropout(0.5), at::kCPU);
  CHECK(large.slice(2, 0, 5).slice(3, 0, 7).equal(small));
}

TEST_CASE("attention dropout: blocks of queries and keys have the draws of the whole") {
  const at::Tensor whole = attention_dropout_factors({2, 3, 20, 2100}, test::make_dropout(0.5), at::kCPU);
  for (const std::int64_t first_key : {-3, 0, 1, 8, 21}) {
    const at::Tensor blocks =
        attention_dropout_factors({2 * 3, 3, 4, 2050}, test::make_dropout(0.5), at::kCPU, {3, 5, first_key});
    for (std::int64_t j = 0; j < 3; ++j) {
      const std::int64_t begin = first_key + 5 * j, skipped = std::max<std::int64_t>(0, -begin);
      const at::Tensor block = blocks.unflatten(0, {2, 3}).select(1, j);  // (2, N, 4, 2050)
      CHECK(block.slice(3, skipped).equal(whole.slice(2, 5 * j, 5 * j + 4).slice(3, begin + skipped, begin + 2050)));
      CHECK(block.slice(3, 0, skipped).eq(0).all().item<bool>());
    }
  }
}
