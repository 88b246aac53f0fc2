#include "attend/storage/event_file.h"

#include <cmath>

#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

// The events of scripts/goldens/events.py.
TEST_CASE("event file: the bytes are those of TensorBoard's own writer") {
  const EventHistogram histogram{-2.5, 3.0, 7, 4.25, 20.0625, {-2.0, 0.0, 1e-3, 4.0}, {1, 0, 2, 4}};
  const std::string bytes = event_file_version(1.7e9) + event_session_start({1.7e9, 301}) +
                            event_scalars({1.7e9 + 0.5, std::int64_t{1} << 40},
                                          {{"train/loss", 3.25}, {"train/lr", 1e-4}, {"train/zero", 0.0}}) +
                            event_histogram({1.7e9 + 1, 0}, "gradient/decoder.weight", histogram);
  CHECK(bytes == slurp(fs::path(test_environment("ATTEND_SOURCE")) / "tests/golden/events.tfevents"));
}

TEST_CASE("event file: each one is new, names itself so that TensorBoard finds it, and grows record by record") {
  const Scratch scratch;
  EventFile first(scratch.path(), 1), second(scratch.path(), 41);
  CHECK(first.path() != second.path());
  CHECK(first.path().filename().string().starts_with("events.out.tfevents."));
  const auto before = fs::file_size(first.path());
  first.add_scalars(1, {{"train/loss", std::nan("")}});
  CHECK(fs::file_size(first.path()) > before);
}
