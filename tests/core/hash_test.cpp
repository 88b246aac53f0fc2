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

TEST_CASE("hash: CRC-32C gives the values of RFC 3720") {
  std::string rising;
  for (int i = 0; i < 32; ++i) rising.push_back(static_cast<char>(i));
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  CHECK(crc32c(rising) == 0x46dd794eu);
  CHECK(crc32c(std::string(rising.rbegin(), rising.rend())) == 0x113fdb5cu);
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c("") == 0);
}
