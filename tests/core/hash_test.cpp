#include "attend/core/hash.h"

#include "attend/core/error.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("hash: the published digest of nothing, and files equal their bytes") {
  CHECK(xxh3_128("") == "99aa06d3014798d86001c324468d497f");  // XXH3_128bits of zero bytes
  const attend::test::Scratch scratch;
  for (const std::size_t size : {0u, 1u, 240u, 241u, 3'000'000u}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 7);
    CHECK(xxh3_128_of_file(scratch.file("f", bytes)) == xxh3_128(bytes));
    CHECK(xxh3_128(bytes).size() == 32);
  }
  CHECK(xxh3_128("a") != xxh3_128("b"));
  CHECK_THROWS_AS(xxh3_128_of_file(scratch / "none"), ModelError);
  CHECK_THROWS_AS(xxh3_128_of_file(scratch.path()), ModelError);
}
