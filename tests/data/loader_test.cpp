// The stream of training batches, and what a batch holds.
#include "attend/data/loader.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

// Five batches an epoch; row numbers tell which is which.
BatchStream::Source counting_source() {
  return {[](std::int64_t epoch) {
            std::vector<BatchRows> batches;
            for (std::int64_t i = 0; i < 5; ++i) batches.push_back({epoch * 100 + i});
            return batches;
          },
          [](const BatchRows& rows) {
            Batch batch;
            batch.rows = rows.at(0);
            return batch;
          }};
}

// Characters become their own ids; the text "abc" is three tokens.
class Letters final : public Tokenizer {
 public:
  std::vector<std::int32_t> encode(std::string_view text) const override { return {text.begin(), text.end()}; }
  std::string decode(std::span<const std::int32_t> ids) const override { return {ids.begin(), ids.end()}; }
  std::int64_t size() const override { return 256; }
  std::string piece(std::int32_t id) const override { return {static_cast<char>(id)}; }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return nothing_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::string nothing_;
};

ParallelDataset encode(const ParallelText& text, const LengthRule& rule) {
  const auto letters = std::make_shared<Letters>();
  return encode_parallel(text, {letters, letters}, rule);
}

at::Tensor ids(const std::vector<std::vector<std::int64_t>>& rows) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(torch::tensor(row, torch::kInt64));
  return torch::stack(tensors);
}

}  // namespace

TEST_CASE("loader: a stream that starts at a cursor continues the straight one") {
  BatchStream straight(counting_source(), {}, {});
  for (std::int64_t i = 0; i < 12; ++i) {
    const auto item = straight.next();
    REQUIRE(item.batch.rows == i / 5 * 100 + i % 5);
    REQUIRE(item.epoch_batches == 5);
    BatchStream resumed(counting_source(), item.cursor, {});
    REQUIRE(resumed.next().batch.rows == item.batch.rows);
  }
}

TEST_CASE("loader: ranks share an epoch without overlap") {
  BatchStream even(counting_source(), {}, {0, 2}), odd(counting_source(), {}, {1, 2});
  for (const std::int64_t expected : {0, 2, 4, 100}) REQUIRE(even.next().batch.rows == expected);
  for (const std::int64_t expected : {1, 3, 101}) REQUIRE(odd.next().batch.rows == expected);
}

TEST_CASE("loader: what goes wrong on the thread reaches next, after the good batches") {
  auto source = counting_source();
  source.make = [make = source.make](const BatchRows& rows) {
    if (rows.at(0) == 2) throw DataError("[data] broken");
    return make(rows);
  };
  BatchStream stream(source, {}, {});
  REQUIRE(stream.next().batch.rows == 0);
  REQUIRE(stream.next().batch.rows == 1);
  REQUIRE_THROWS_WITH(stream.next(), "[data] broken");
  REQUIRE_THROWS_AS(stream.next(), DataError);
}

TEST_CASE("loader: a rank without a batch is told so instead of waiting for ever") {
  auto source = counting_source();
  BatchStream beyond(source, {}, {5, 6});
  REQUIRE_THROWS_AS(beyond.next(), DataError);
  source.batches_of = [](std::int64_t) { return std::vector<BatchRows>{}; };
  BatchStream empty(source, {}, {});
  REQUIRE_THROWS_AS(empty.next(), DataError);
}

TEST_CASE("loader: a stream ends while it waits for room, used or not") {
  { const BatchStream unused(counting_source(), {}, {}); }
  BatchStream used(counting_source(), {}, {});
  used.next();
}

TEST_CASE("dataset: long pairs are skipped or cropped, empty ones left out, all counted") {
  const ParallelText text{{"ab", "abcdef", "", "a", "x"}, {"cd", "c", "z", "cdefgh", ""}};
  const auto skipped = encode(text, {4, OverLength::skip});
  REQUIRE(skipped.size() == 1);
  REQUIRE(skipped.over_length == 2);
  REQUIRE(skipped.empty == 2);
  const auto cropped = encode(text, {4, OverLength::crop});
  REQUIRE(cropped.size() == 3);
  REQUIRE(cropped.over_length == 2);
  REQUIRE(cropped.source.length(1) == 4);  // abc and the end symbol
  REQUIRE(cropped.target.length(2) == 3);  // a batch adds the end symbol
  REQUIRE_THROWS_AS(encode({{"abcdef"}, {"a"}}, {4, OverLength::skip}), DataError);
}

TEST_CASE("batch: source ends with eos, target starts with bos, labels are the target shifted by one") {
  const auto data = encode({{"ab", "a"}, {"c", "def"}}, {});
  const auto batch = make_batch(data, {0, 1}, {}, {});
  REQUIRE(torch::equal(batch["source"], ids({{'a', 'b', 3}, {'a', 3, 0}})));
  REQUIRE(torch::equal(batch["target"], ids({{2, 'c', 0, 0}, {2, 'd', 'e', 'f'}})));
  REQUIRE(torch::equal(batch["labels"], ids({{'c', 3, 0, 0}, {'d', 'e', 'f', 3}})));
  REQUIRE(batch.rows == 2);
  REQUIRE(batch.source_tokens == 5);
  REQUIRE(batch.target_tokens == 6);
  REQUIRE(batch.padded_tokens == 2 * 3 + 2 * 4);
}
