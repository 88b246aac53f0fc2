#include "attend/core/json.h"

#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("json: what is well-formed is read") {
  const Json value = parse_json(R"({"a": [1, 2.5, null], "b": {"a": true}})", "x.json");
  CHECK(value["a"][1] == 2.5);
  CHECK(value["b"]["a"] == true);
}

TEST_CASE("json: hostile text is refused with its name") {
  for (const char* text : {"", "{", "[1,]", "{} x", R"({"a": 1, "a": 2})", R"({"b": {"a": 1, "\u0061": 2}})", "[1e999]",
                           "nan", "\"\xFF\""})
    CHECK_THROWS_WITH(parse_json(text, "x.json"), Catch::StartsWith("[x.json] "));
  CHECK_THROWS_AS(parse_json(std::string(100'000, '['), "deep"), ModelError);
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK_NOTHROW(parse_json(nested(64), "deep"));
  CHECK_THROWS_AS(parse_json(nested(65), "deep"), ModelError);
}

TEST_CASE("json: the same key in two objects is no duplicate") {
  CHECK_NOTHROW(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "x"));
}

TEST_CASE("json: unsigned numbers never change silently") {
  CHECK(json_unsigned(parse_json("18446744073709551615", "x"), "x") == 18446744073709551615u);
  for (const char* text : {"-1", "1.0", "18446744073709551616", "\"1\"", "null", "true"})
    CHECK_THROWS_AS(json_unsigned(parse_json(text, "x"), "x"), ModelError);
}

TEST_CASE("json: files") {
  const attend::test::Scratch scratch;
  CHECK(read_json(scratch.file("a.json", "[1]")) == Json::array({1}));
  CHECK_THROWS_AS(read_json(scratch / "none.json"), ModelError);
}

// Made as nlohmann's callbacks watch a parse, this took ten minutes: each end of an object walked the whole list.
TEST_CASE("json: a long list of small objects is read in time that grows with the text alone") {
  constexpr std::size_t kObjects = 1'500'000;
  std::string text = "{\"model\":[";
  for (std::size_t i = 0; i < kObjects; ++i) text += "{},";
  text.back() = ']';
  CHECK(parse_json(text + "}", "x")["model"].size() == kObjects);
}

TEST_CASE("json: more values than memory may be spent on are refused before the tree is made") {
  const auto list = [](std::int64_t count) {
    std::string text = "[";
    for (std::int64_t i = 0; i < count; ++i) text += "0,";
    text.back() = ']';
    return text;
  };
  CHECK_NOTHROW(parse_json(list(1000), "x"));
  CHECK_THROWS_WITH(parse_json(list(kMaxJsonValues), "x"), Catch::Contains("8,000,000 values"));  // and the list itself
}
