// The stream of training batches, and what a batch holds.
#include "attend/data/loader.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

// Two pools of three and two batches an epoch; row numbers tell which is which.
BatchStream::Source counting_source() {
  BatchStream::Source source;
  source.pools = [](std::int64_t) { return 2; };
  source.load = [](std::int64_t epoch, std::int64_t pool) -> BatchStream::Batches {
    return {3 - pool, [=](std::int64_t i) {
              Batch batch;
              batch.rows = epoch * 100 + 3 * pool + i;
              return batch;
            }};
  };
  return source;
}

at::Tensor ids(const std::vector<std::vector<std::int64_t>>& rows) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(torch::tensor(row, torch::kInt64));
  return torch::stack(tensors);
}

}  // namespace

TEST_CASE("loader: a stream that starts at a cursor continues the straight one") {
  BatchStream straight(counting_source(), {});
  Cursor cursor;
  for (std::int64_t i = 0; i < 12; ++i) {
    BatchStream resumed(counting_source(), cursor);
    const auto item = straight.next();
    REQUIRE(item.batch.rows == i / 5 * 100 + i % 5);
    REQUIRE(resumed.next().batch.rows == item.batch.rows);
    REQUIRE((item.epoch_part > 0 && item.epoch_part <= 1));
    REQUIRE((item.epoch_part == 1) == (i % 5 == 4));
    cursor = item.next;
    REQUIRE(cursor.epoch == (i + 1) / 5);
  }
}

TEST_CASE("loader: a cursor behind the end, as a changed batch size leaves it, goes on with what follows") {
  BatchStream behind_pool(counting_source(), {0, 0, 7}), behind_epoch(counting_source(), {0, 9, 0});
  REQUIRE(behind_pool.next().batch.rows == 3);
  REQUIRE(behind_epoch.next().batch.rows == 100);
}

TEST_CASE("loader: what goes wrong on the thread reaches next, after the good batches") {
  auto source = counting_source();
  source.load = [load = source.load](std::int64_t epoch, std::int64_t pool) -> BatchStream::Batches {
    const auto batches = load(epoch, pool);
    return {batches.count, [=](std::int64_t i) {
              if (pool == 0 && i == 2) throw DataError("[data] broken");
              return batches.make(i);
            }};
  };
  BatchStream stream(source, {});
  REQUIRE(stream.next().batch.rows == 0);
  REQUIRE(stream.next().batch.rows == 1);
  REQUIRE_THROWS_WITH(stream.next(), "[data] broken");
  REQUIRE_THROWS_AS(stream.next(), DataError);
}

TEST_CASE("loader: an epoch without a batch is told instead of waiting for ever") {
  auto source = counting_source();
  source.load = [](std::int64_t, std::int64_t) { return BatchStream::Batches{}; };
  BatchStream empty(source, {});
  REQUIRE_THROWS_AS(empty.next(), DataError);
}

TEST_CASE("loader: a stream ends while it waits for room, used or not") {
  { const BatchStream unused(counting_source(), {}); }
  BatchStream used(counting_source(), {});
  used.next();
}

TEST_CASE("batch: source ends with eos, target starts with bos, labels are the target shifted by one") {
  ParallelDataset data;
  data.source.add(std::vector<std::int32_t>{11, 12});
  data.source.add(std::vector<std::int32_t>{11});
  data.target.add(std::vector<std::int32_t>{13});
  data.target.add(std::vector<std::int32_t>{14, 15, 16});
  const auto batch = make_batch(data, {0, 1}, {}, {});
  REQUIRE(torch::equal(batch["source"], ids({{11, 12, 3}, {11, 3, 0}})));
  REQUIRE(torch::equal(batch["target"], ids({{2, 13, 0, 0}, {2, 14, 15, 16}})));
  REQUIRE(torch::equal(batch["labels"], ids({{13, 3, -1, -1}, {14, 15, 16, 3}})));
  REQUIRE(batch.rows == 2);
  REQUIRE(batch.source_tokens == 5);
  REQUIRE(batch.target_tokens == 6);
  REQUIRE(batch.padded_tokens == 2 * 3 + 2 * 4);
}
