// Names of tokens that are never generated.
#include "attend/decoding/banned.h"

#include "attend/core/error.h"
#include "tests/support/characters.h"
#include "tests/support/pieces.h"
#include "tests/support/test.h"

using namespace attend;
using Ids = std::vector<std::int32_t>;

TEST_CASE("banned: <unk> is the unknown token whatever its spelling, and nothing where there is none") {
  const std::vector<std::string> none{kUnknownPiece}, both{kUnknownPiece, "b"};
  CHECK(banned_ids(none, test::Pieces({"a", "b"}, {0, 5, 2, 3}), "decoding.ban") == Ids{5});
  CHECK(banned_ids(both, test::Pieces({"a", "b"}, {-1, -1, 2, 3}), "decoding.ban") == Ids{5});
  CHECK(banned_ids({}, test::Pieces({"a"}), "decoding.ban").empty());
  const test::Scratch scratch;
  CHECK(banned_ids(none, *test::characters_of(scratch, "abc\n"), "decoding.ban") == Ids{1});
  try {
    banned_ids({"c"}, *test::characters_of(scratch, "ab\n"), "decoding.ban");
    FAIL("no error");
  } catch (const ConfigError& error) {
    CHECK_THAT(error.what(),
               Catch::Matchers::Contains("[decoding.ban] expected a piece of the target vocabulary, got \"c\""));
  }
}
