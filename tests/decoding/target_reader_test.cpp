// What attend score reads: plain text, and translate's own lists.
#include "attend/decoding/target_reader.h"

#include "attend/core/error.h"
#include "attend/decoding/translation_format.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

std::vector<std::vector<Target>> read_all(const Scratch& scratch, const std::string& content) {
  TargetReader reader(scratch.file("targets", content));
  std::vector<std::vector<Target>> all;
  for (std::vector<Target> targets; reader.next(targets);) all.push_back(targets);
  return all;
}

const std::vector<std::vector<Translation>> kTranslations{
    {{"a dog ||| runs", {{5, 6, 3}, {}, -1.5, -0.5, {{0.5f, 0.5f}}}, {0}},
     {"0-0 1-1", {{7, 3}, {}, -2.5, -1.25, {}}, {}}},
    {{"", {}, {}}},
    {{"ein \"Hund\" \\", {{9, 3}, {}, -0.25, -0.125, {}}, {}}}};

std::string written(const FormatOptions& options) {
  std::string text;
  for (std::size_t i = 0; i < kTranslations.size(); ++i)
    text += format_translations(static_cast<std::int64_t>(i) + 1, kTranslations[i], options);
  return text;
}

void check_fault(const std::string& content, const std::string& message) {
  const Scratch scratch;
  INFO(content);
  try {
    read_all(scratch, content);
    FAIL("no error");
  } catch (const DataError& error) {
    INFO(error.what());
    CHECK(std::string(error.what()).find(message) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("target reader: reads every list that translate writes, with and without alignments") {
  const Scratch scratch;
  for (const auto format : {TranslationFormat::nbest, TranslationFormat::jsonl})
    for (const auto alignment : values_of<AlignmentFormat>()) {
      const auto all = read_all(scratch, written({format, format == TranslationFormat::jsonl, alignment}));
      REQUIRE(all.size() == kTranslations.size());
      for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(all[i].size() == kTranslations[i].size());
        for (std::size_t k = 0; k < all[i].size(); ++k) {
          CHECK(all[i][k].text == kTranslations[i][k].text);
          CHECK(all[i][k].token_ids.has_value() == (format == TranslationFormat::jsonl));
          if (all[i][k].token_ids) CHECK(*all[i][k].token_ids == kTranslations[i][k].hypothesis.token_ids);
        }
      }
    }
}

TEST_CASE("target reader: anything else is plain text, a target a line") {
  const Scratch scratch;
  const auto all = read_all(scratch, "{a} ||| b\n\n0 ||| x ||| y ||| 1\nlast");
  REQUIRE(all.size() == 4);
  CHECK(all[0][0].text == "{a} ||| b");
  CHECK(all[1][0].text.empty());
  CHECK(all[2][0].text == "0 ||| x ||| y ||| 1");
  CHECK_FALSE(all[3][0].token_ids.has_value());
  CHECK(read_all(scratch, "").empty());
}

TEST_CASE("target reader: a broken list is named with its line") {
  const std::string nbest = "0 ||| a ||| log_prob= -1.0 ||| -1.0\n",
                    jsonl = "{\"line\":1,\"hypotheses\":[{\"text\":\"a\"}]}\n";
  check_fault(nbest + "b\n", "targets:2]");
  check_fault(nbest + "2 ||| a ||| log_prob= -1.0 ||| -1.0\n",
              "expected a hypothesis of line 0 or the one after, got 2");
  check_fault("1 ||| a ||| log_prob= -1.0 ||| -1.0\n", "expected a hypothesis of line 0, got 1");
  check_fault(jsonl + "{\"line\":2,\"hypotheses\":[\n", "targets:2]");
  check_fault(jsonl + jsonl, "expected the hypotheses of line 2");
  check_fault(jsonl + "{\"line\":2,\"hypotheses\":[{}]}\n", "text or token_ids");
  for (const std::string ids : {"[-1]", "[1.5]", "[99999999999]", "\"1\"", "[\"1\"]", "null"})
    check_fault(jsonl + "{\"line\":2,\"hypotheses\":[{\"text\":\"a\",\"token_ids\":" + ids + "}]}\n", "token_ids");
  check_fault(jsonl + "{\"line\":2,\"line\":3,\"hypotheses\":[]}\n", "twice");
}

TEST_CASE("target reader: a text that holds bars comes back whole, whatever stands behind them") {
  const Scratch scratch;
  const std::vector<std::string> texts{"a ||| log_prob= -1.0 ||| -0.5",
                                       "x ||| 1-2",
                                       "x ||| 0.5,0.5 0.1,0.9",
                                       "||| b",
                                       "a |||",
                                       "|||",
                                       " ||| ",
                                       "0 ||| a ||| log_prob= -1.0 ||| -0.5",
                                       "a ||| ",
                                       "x ||| -0.5"};
  for (const auto format : {TranslationFormat::nbest, TranslationFormat::jsonl})
    for (const auto alignment : values_of<AlignmentFormat>()) {
      std::string written;
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::vector<Translation> one{{texts[i], {{5, 6, 3}, {}, -1.5, -0.5, {{0.5f, 0.5f}}}, {0}}};
        written += format_translations(static_cast<std::int64_t>(i) + 1, one, {format, false, alignment});
      }
      const auto all = read_all(scratch, written);
      REQUIRE(all.size() == texts.size());
      for (std::size_t i = 0; i < texts.size(); ++i) CHECK(all[i][0].text == texts[i]);
    }
}

TEST_CASE("target reader: lists of other programs and texts with alignments are no plain text") {
  check_fault("0 ||| Hallo ||| F0= -3.1 ||| -3.1\n", "targets:1] expected translations alone");
  check_fault("0 ||| Hallo ||| -3.1\n", "n-best list of another program");
  check_fault("Zwei Hunde. ||| 0-0 1-1\n", "text with an alignment");
  check_fault("Zwei Hunde. ||| 0.9012,0.0988 0.1000,0.9000\n", "text with an alignment");
  const Scratch scratch;
  for (const std::string plain : {"a ||| b\n", "Zwei ||| -0.5\n", "x ||| y ||| z\n", "3 ||| x\n"})
    CHECK(read_all(scratch, plain)[0][0].text + "\n" == plain);
}
