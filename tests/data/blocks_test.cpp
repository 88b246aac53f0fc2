// Rows of a language model and their order.
#include "attend/data/block_order.h"

#include <torch/types.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

TokenStore store_of(const std::vector<std::uint16_t>& ids, std::int64_t vocabulary = 1000) {
  const auto kept = std::make_shared<const std::vector<std::uint16_t>>(ids);
  return {{kept, {reinterpret_cast<const std::uint8_t*>(kept->data()), 2 * kept->size()}, IdType::uint16},
          vocabulary,
          "ids"};
}

// first, first + 1, ...
TokenStore counting(std::int64_t count, std::uint16_t first = 0) {
  std::vector<std::uint16_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), first);
  return store_of(ids);
}

at::Tensor row(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kInt64).unsqueeze(0); }

BlockOrder order(BlockSampling sampling, std::vector<CorpusShare> texts = {{1000, 1.0}, {500, 3.0}},
                 std::uint64_t seed = 1) {
  return {std::move(texts), {sampling, 8, 4, seed}};
}

std::vector<BlockRow> epoch_of(const BlockOrder& order, std::int64_t epoch) {
  std::vector<BlockRow> rows;
  for (std::int64_t i = 0; i < order.batches(epoch); ++i)
    for (const auto& row : order.rows(epoch, i)) rows.push_back(row);
  return rows;
}

}  // namespace

TEST_CASE("blocks: labels are the tokens that follow") {
  const TokenBlocks blocks({counting(20)}, {4});
  const auto batch = blocks.batch({{0, 3}});
  CHECK(torch::equal(batch["tokens"], row({3, 4, 5, 6})));
  CHECK(torch::equal(batch["labels"], row({4, 5, 6, 7})));
  CHECK(batch.tensors.size() == 2);
  CHECK((batch.rows == 1 && batch.target_tokens == 4 && batch.padded_tokens == 4));
}

TEST_CASE("blocks: separate documents count segments and positions, and no label crosses from one to the next") {
  const TokenBlocks blocks({store_of({5, 6, 3, 7, 3, 8, 9, 10, 11})}, {6, /*eos=*/3, /*separate=*/true});
  const auto batch = blocks.batch({{0, 0}});
  CHECK(torch::equal(batch["tokens"], row({5, 6, 3, 7, 3, 8})));
  CHECK(torch::equal(batch["segments"], row({0, 0, 0, 1, 1, 2})));
  CHECK(torch::equal(batch["positions"], row({0, 1, 2, 0, 1, 0})));
  CHECK(torch::equal(batch["labels"], row({6, 3, -1, 3, -1, 9})));
  CHECK_FALSE(blocks.batch({{0, 2}}).tensors.empty());
}

TEST_CASE("blocks: a whole pass has every token of every text as a label once, but the first of each") {
  const TokenBlocks blocks({counting(23, 100), counting(9, 500)}, {4});
  for (const std::int64_t rows : {1, 3, 50}) {
    std::map<std::int64_t, int> seen;
    for (std::int64_t i = 0; i < blocks.whole_batches(rows); ++i) {
      const auto batch = blocks.whole_batch(rows, i);
      CHECK(batch.rows <= rows);
      for (std::int64_t j = 0; j < batch["labels"].numel(); ++j)
        ++seen[batch["labels"].view({-1})[j].item<std::int64_t>()];
    }
    seen.erase(-1);
    CHECK(seen.size() == 22 + 8);
    CHECK(std::ranges::all_of(seen, [](const auto& item) { return item.second == 1; }));
  }
}

TEST_CASE("blocks: in a whole pass a row goes on where it stood in the batch before, and a text starts new rows") {
  const TokenBlocks blocks({counting(43, 100), counting(9, 500)}, {4});  // 11 and 2 blocks
  const std::int64_t rows = 4;
  REQUIRE(blocks.whole_batches(rows) == 3 + 1);
  std::vector<std::int64_t> sizes;
  at::Tensor before;
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto batch = blocks.whole_batch(rows, i);
    sizes.push_back(batch.rows);
    CHECK(batch.starts_streams == (i == 0 || i == 3));
    if (!batch.starts_streams) CHECK(torch::equal(batch["tokens"].select(1, 0), before.narrow(0, 0, batch.rows) + 4));
    before = batch["tokens"].select(1, 0);
  }
  CHECK((sizes == std::vector<std::int64_t>{4, 4, 3, 2}));
}

TEST_CASE(
    "blocks: a text with nothing to predict is refused, and one without room for a block where blocks are drawn") {
  CHECK_THROWS_AS(TokenBlocks({counting(1)}, {8}), DataError);
  CHECK_NOTHROW(TokenBlocks({counting(2)}, {8}));
  CHECK_THROWS_WITH(TokenBlocks({counting(8)}, {8}).require_whole_blocks("validation"),
                    Catch::Contains("block_size + 1 = 9 tokens of validation"));
  CHECK_NOTHROW(TokenBlocks({counting(9)}, {8}).require_whole_blocks("validation"));
}

// The ends of texts are trained on: n tokens have n - 1 labels, in blocks of which the last may be shorter.
TEST_CASE(
    "blocks: an epoch of packed or sequential rows has every token of every text as a label once, but the first of "
    "each") {
  for (const auto sampling : {BlockSampling::packed, BlockSampling::sequential})
    for (const std::int64_t length : {2, 8, 9, 10, 16, 17, 18, 23, 255}) {
      const TokenBlocks blocks({counting(length, 0), counting(19, 500)}, {8});
      // weights that read each once
      const auto count = [](std::int64_t n) { return static_cast<double>((n - 1 + 7) / 8); };
      const BlockOrder rows({{length, count(length)}, {19, count(19)}}, {sampling, 8, 1, 1});
      for (const std::int64_t epoch : {0, 1, 5}) {
        std::map<std::int64_t, int> seen;
        std::int64_t counted = 0;
        for (std::int64_t i = 0; i < rows.batches(epoch); ++i) {
          const auto batch = blocks.batch(rows.rows(epoch, i));
          counted += batch.target_tokens;
          for (std::int64_t j = 0; j < 8; ++j) ++seen[batch["labels"][0][j].item<std::int64_t>()];
        }
        seen.erase(-1);
        INFO(name_of(sampling) << " " << length << " " << epoch);
        CHECK(static_cast<std::int64_t>(seen.size()) == length - 1 + 18);
        CHECK(std::ranges::all_of(seen, [](const auto& item) { return item.second == 1; }));
        CHECK(counted == length - 1 + 18);
      }
    }
}

TEST_CASE("blocks: their order is a pure function of seed, epoch and index") {
  for (const auto sampling : values_of<BlockSampling>()) {
    CHECK((epoch_of(order(sampling), 3) == epoch_of(order(sampling), 3)));
    const auto rows = order(sampling).rows(3, 7);
    CHECK((rows == order(sampling).rows(3, 7)));
    if (sampling == BlockSampling::sequential) continue;
    CHECK((epoch_of(order(sampling), 3) != epoch_of(order(sampling), 4)));
    CHECK((epoch_of(order(sampling), 3) != epoch_of(order(sampling, {{1000, 1.0}, {500, 3.0}}, 2), 3)));
  }
}

TEST_CASE("blocks: every row of every order lies inside its text, the token behind it included") {
  for (const auto sampling : values_of<BlockSampling>())
    for (const auto& row : epoch_of(order(sampling, {{9, 1.0}, {500, 1.0}}), 0)) {
      // tokens with a label; the last block is shorter
      const std::int64_t least = sampling == BlockSampling::random_blocks ? 8 : 1;
      CHECK(row.begin >= 0);
      CHECK(row.begin + least + 1 <= (row.text == 0 ? 9 : 500));
    }
}

TEST_CASE("blocks: an epoch from a forged checkpoint, however large, reads inside the text") {
  const auto sequential = order(BlockSampling::sequential, {{20'000, 1.0}});
  for (const std::int64_t epoch : {std::int64_t{1} << 50, std::int64_t{9'000'000'000'000'000}})
    for (const auto& row : sequential.rows(epoch, 0)) CHECK((row.begin >= 0 && row.begin < 20'000));
}

TEST_CASE("blocks: random ones begin everywhere, and texts have the shares of their weights") {
  const auto drawn = order(BlockSampling::random_blocks);
  CHECK(drawn.batches(0) == 1500 / 8 / 4);
  std::set<std::int64_t> begins;
  std::int64_t second = 0;
  for (std::int64_t i = 0; i < 16000; ++i)
    for (const auto& row : drawn.rows(0, i)) {
      second += row.text;
      if (row.text == 0) begins.insert(row.begin);
    }
  CHECK(begins.size() == 1000 - 8);
  CHECK((*begins.begin() == 0 && *begins.rbegin() == 991));
  CHECK(std::abs(static_cast<double>(second) / 64000 - 0.75) < 0.02);
}

TEST_CASE("blocks: packed ones come once an epoch each where weights are as sizes") {
  auto rows = epoch_of(order(BlockSampling::packed, {{801, 1.0}}), 0);
  CHECK(rows.size() == 100);
  std::ranges::sort(rows, {}, &BlockRow::begin);
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK((rows[i] == BlockRow{0, static_cast<std::int64_t>(8 * i)}));
}

TEST_CASE("blocks: what one epoch of sequential rows leaves out comes first in the next") {
  // 18 blocks and 1, of which 4 rows take 16
  const auto texts = order(BlockSampling::sequential, {{145, 1.0}, {9, 1.0}});
  const auto second = texts.rows(1, 0);
  CHECK((second[0] == BlockRow{0, 16 * 8}));
  for (const std::int64_t epoch : {0, 1, 2, 3, 7}) {
    std::set<std::pair<std::int64_t, std::int64_t>> read;
    for (const auto e : {epoch, epoch + 1})
      for (const auto& row : epoch_of(texts, e)) read.insert({row.text, row.begin});
    CHECK(read.size() == 19);
  }
  CHECK((epoch_of(order(BlockSampling::sequential, {{17, 1.0}}), 3) ==
         epoch_of(order(BlockSampling::sequential, {{17, 1.0}}), 0)));
}

TEST_CASE("blocks: a sequential row goes on where it stood in the batch before") {
  const auto texts = order(BlockSampling::sequential, {{801, 1.0}});
  CHECK(texts.batches(0) == 25);
  for (std::int64_t i = 1; i < 25; ++i) {
    const auto before = texts.rows(0, i - 1), now = texts.rows(0, i);
    for (std::size_t r = 0; r < 4; ++r) CHECK(now[r].begin == before[r].begin + 8);
  }
}
