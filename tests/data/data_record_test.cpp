// What a checkpoint says of its data: sizes and hashes count, paths do not.
#include "attend/data/data_record.h"

#include "tests/support/test.h"

using namespace attend;

namespace {

Json text(const std::string& path, int bytes, const std::string& hash, int pairs = 10) {
  return {{"files", Json::array({{{"path", path}, {"bytes", bytes}, {"xxh3_128", hash}}})},
          {"counts", {{"pairs", pairs}}},
          {"made_from", {{"max_length", 9}}}};
}

}  // namespace

TEST_CASE("data record: the same text elsewhere is the same; other, new and gone text is told with its size") {
  const Json before{{"train-1", text("a.tsv", 100, "aa")},
                    {"train-2", text("b.tsv", 50, "bb")},
                    {"validation-1-1", text("v.tsv", 9, "cc")}};
  Json now = before;
  now["train-1"] = text("moved/a.tsv", 100, "aa");
  CHECK(same_training(before, now));
  CHECK(same_validation(before, now));
  CHECK(training_hash(before) == training_hash(now));

  now["train-1"] = text("a.tsv", 110, "ab", 1100);
  now.erase("train-2");
  now["train-3"] = text("c.tsv", 5, "dd");
  const auto changes = training_changes(before, now);
  REQUIRE(changes.size() == 3);
  CHECK(changes[0] == "other text: a.tsv, 1,100 pairs, 110 bytes; before: a.tsv, 10 pairs, 100 bytes");
  CHECK(changes[1] == "new: c.tsv, 10 pairs, 5 bytes");
  CHECK(changes[2] == "gone: b.tsv, 10 pairs, 50 bytes");
  CHECK(training_hash(before) != training_hash(now));
  CHECK(same_validation(before, now));

  now["validation-1-1"]["made_from"]["max_length"] = 8;
  CHECK_FALSE(same_validation(before, now));
  now["validation-1-1"] = text("v.tsv", 9, "xx");
  CHECK_FALSE(same_validation(before, now));
  now.erase("validation-1-1");
  CHECK_FALSE(same_validation(before, now));
}

TEST_CASE("data record: of what nothing is known, nothing has changed; an edited record is no fault") {
  const Json now{{"train-1", text("a", 1, "aa")}};
  for (const Json& before : {Json(), Json::object()})
    CHECK((same_training(before, now) && same_validation(before, now)));
  CHECK((same_training(now, Json::object()) && same_validation(now, Json::object())));
  for (const char* odd : {"7", "[1]", "\"x\"", "{\"train-1\": 7}", "{\"train-1\": {\"files\": [1]}}",
                          "{\"train-1\": {\"files\": {\"a\": 1}}}"}) {
    INFO(odd);
    CHECK_NOTHROW(training_changes(Json::parse(odd), now));
    CHECK_NOTHROW(same_validation(Json::parse(odd), now));
    CHECK_NOTHROW(training_hash(Json::parse(odd)));
  }
  const auto other = difference_of_files(text("a", 10, "aa")["files"], text("b", 12, "bb")["files"]);
  REQUIRE(other);
  CHECK((other->file == 0 && other->what == "12 bytes instead of 10"));
  CHECK(difference_of_files(text("a", 10, "aa")["files"], text("b", 10, "bb")["files"])->what ==
        "other text of the same size");
}
