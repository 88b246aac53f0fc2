// data.batch.size: auto finds what fits, and leaves no trace in the model.
#include "attend/training/fit_batch.h"

#include "attend/checkpoint/model_directory.h"
#include "tests/support/tiny_model.h"

using namespace attend;

TEST_CASE("fit: the search ends just below the limit, never above, after few tries") {
  for (const std::int64_t limit : {0, 1, 2, 3, 7, 8, 9, 100, 777, 5000}) {
    for (const std::int64_t most : {1, 5, 64, 1000, 10000}) {
      int tries = 0;
      const auto found = largest_that_fits(most, [&](std::int64_t n) {
        ++tries;
        REQUIRE((n >= 1 && n <= most));
        return n <= limit;
      });
      const auto largest = std::min(limit, most);
      INFO("limit " << limit << ", most " << most << ", found " << found);
      CHECK(found <= largest);
      CHECK(found >= largest - largest / 10);
      CHECK(tries <= 20);
    }
  }
}

TEST_CASE("fit: a batch is found for every unit, and the weights are as before") {
  const auto unit = GENERATE(from_range(values_of<BatchUnit>()));
  Config config = test::tiny_config();
  config.data.max_length = 40;
  config.data.batch.size.reset();
  config.data.batch.unit = unit;
  resolve(config);
  Vocabularies vocabularies;
  vocabularies.source = vocabularies.target = test::kTinyVocabulary;
  const auto model = build_encoder_decoder(config, vocabularies);
  NamedTensors before;
  for (const auto& [name, tensor] : parameters_of(*model)) before.emplace(name, tensor.clone());
  const auto size = fit_batch_size(config, *model, Runtime{});
  CHECK(size >= 1);
  CHECK(size <= kMostBatchTokens);
  if (unit == BatchUnit::sequences) CHECK(size <= kMostBatchTokens / 40);
  for (const auto& [name, tensor] : parameters_of(*model)) CHECK(torch::equal(tensor, before.at(name)));
}

TEST_CASE("fit: free memory is a number of this machine") {
  CHECK(free_memory() > 1 << 20);
  CHECK(free_memory() < std::uint64_t{1} << 50);
}
