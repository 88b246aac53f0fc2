// attend translate --constraints as a user types it, on a model of 60 updates that copies two words.
#include <nlohmann/json.hpp>

#include "tests/system/tiny.h"

using namespace attend::test;
using nlohmann::json;

namespace {

Lines pairs_of(const Lines& words) {
  Lines pairs;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) pairs.push_back(words[i] + " " + words[i + 1]);
  return pairs;
}

// Trained once for all tests of this file.
const TinyRun& tiny() {
  static const TinyRun run;
  static const bool trained = [] {
    for (const auto& [name, count, seed] :
         {std::tuple{"train", 600, 1u}, std::tuple{"validation", 40, 2u}, std::tuple{"test", 60, 3u}})
      for (const char* side : {".src", ".trg"})
        run.scratch.file(name + std::string(side),
                         text_of(pairs_of(random_words(static_cast<std::size_t>(count), seed))));
    REQUIRE(run.train({"training.max_steps=60", "training.validate_every=60", "training.save_every=60"}).exit_code ==
            0);
    return true;
  }();
  REQUIRE(trained);
  return run;
}

ProcessResult translate(Lines options) {
  options.insert(options.begin(), {"translate", "run", "--input", "test.src", "--device", "cpu", "--precision", "fp32",
                                   "--threads", "1"});
  return tiny().attend(options);
}

std::vector<json> rows_of(Lines options) {
  options.insert(options.end(), {"--format", "jsonl"});
  const auto result = translate(options);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  std::vector<json> rows;
  for (const auto& line : lines_of(result.out)) rows.push_back(json::parse(line));
  return rows;
}

// A line without any, one word, two words, a phrase of two words; and so on.
Lines some_constraints() {
  const Lines words = random_words(90, 9);
  Lines lines;
  for (std::size_t i = 0; i < 30; ++i) {
    const std::string &a = words[2 * i], &b = words[2 * i + 1];
    lines.push_back(i % 4 == 0 ? "" : i % 4 == 1 ? a : i % 4 == 2 ? a + "\t" + b : a + " " + b);
  }
  return lines;
}

bool has_as_words(const std::string& text, const std::string& phrase) {
  return contains(" " + text + " ", " " + phrase + " ");
}

}  // namespace

TEST_CASE(
    "constraints: every hypothesis has all of its line's, whatever else is asked for, and score gives its log_prob "
    "again",
    "[system]") {
  const Lines lines = some_constraints();
  tiny().scratch.file("terms", text_of(lines));
  Lines prefixes;
  for (std::size_t i = 0; i < 30; ++i) prefixes.push_back(std::string("abcde").substr(0, i % 4));
  tiny().scratch.file("prefixes", text_of(prefixes));
  for (const Lines& options :
       {Lines{"--beam", "1"}, Lines{"--nbest", "3", "--length-penalty", "0.6", "--coverage-penalty", "0.2"},
        Lines{"run", "--weights", "1,2", "--min-length", "12", "--target-prefix", "prefixes", "--alignment", "hard"}}) {
    Lines all = options;
    all.insert(all.end(), {"--constraints", "terms"});
    const auto rows = rows_of(all);
    std::string written;
    for (std::size_t i = 0; i < 30; ++i) {
      written += rows[i].dump() + "\n";
      for (const json& hypothesis : rows[i]["hypotheses"]) {
        INFO(lines[i] << " in " << hypothesis["text"]);
        REQUIRE(hypothesis.contains("constraints") == !lines[i].empty());
        if (lines[i].empty()) continue;
        const auto tab = lines[i].find('\t');
        REQUIRE(has_as_words(hypothesis["text"], lines[i].substr(0, tab)));
        if (tab != std::string::npos) REQUIRE(has_as_words(hypothesis["text"], lines[i].substr(tab + 1)));
        REQUIRE(hypothesis["constraints"]["met"] == (tab == std::string::npos ? 1 : 2));
        REQUIRE(hypothesis["constraints"]["missing"].empty());
      }
    }
    tiny().scratch.file("found.jsonl", written);
    const auto scored = tiny().attend(
        {"score", "run", "--source", "test.src", "--target", "found.jsonl", "--device", "cpu", "--precision", "fp32"});
    REQUIRE(scored.exit_code == 0);
    const Lines again = lines_of(scored.out);
    std::size_t at = 0;
    for (const json& row : rows)
      for (const json& hypothesis : row["hypotheses"])
        REQUIRE(std::stod(again.at(at++)) == Approx(hypothesis["log_prob"].get<double>()).margin(1e-4));
  }
}

TEST_CASE("constraints: a line without any is translated as ever, bit for bit", "[system]") {
  tiny().scratch.file("blank", text_of(Lines(30, "")));
  tiny().scratch.file("terms", text_of(some_constraints()));
  const Lines options{"--nbest", "2", "--token-scores"};
  const auto plain = rows_of(options);
  Lines all = options;
  all.insert(all.end(), {"--constraints", "blank"});
  REQUIRE(rows_of(all) == plain);

  const auto alone = rows_of({"--batch-tokens", "1"}),
             some = rows_of({"--batch-tokens", "1", "--constraints", "terms"});
  for (std::size_t i = 0; i < 30; i += 4) CHECK(some[i] == alone[i]);
  const auto beside = rows_of({"--constraints", "terms", "--window", "7"});
  for (std::size_t i = 0; i < 30; ++i) CHECK(beside[i]["hypotheses"][0]["text"] == some[i]["hypotheses"][0]["text"]);
}

TEST_CASE("bad input: constraints that cannot be met are refused with line and reason; a blank line is told",
          "[system]") {
  const auto refuses = [](const Lines& lines, int code, const Lines& messages, const Lines& more = {}) {
    tiny().scratch.file("bad", text_of(lines));
    Lines options{"--constraints", "bad"};
    options.insert(options.end(), more.begin(), more.end());
    const auto result = translate(options);
    check_ends(result, code, messages);
    if (lines.size() <= 30) CHECK(result.out.empty());  // a line too many shows at the end of the input
  };
  const auto with = [](const std::string& line) {
    Lines lines(30, "");
    lines[4] = line;
    return lines;
  };
  refuses(Lines(31, ""), 4, {"bad", "as many lines as the input has, 30, got 31", "must be in"});
  refuses(Lines(3, ""), 4, {"bad", "30, got 3"});
  refuses(with("ab\tc\u00fcd"), 4, {"line 5", "target vocabulary", "\"\u00fc\" in \"c\u00fcd\""});
  refuses(with("ab\xff"), 4, {"bad:5", "UTF-8"});
  refuses(with("ab"), 4, {"line 5", "\"a\" in \"ab\"", "banned"}, {"--ban", "a"});
  refuses(with("abcdefgh"), 4, {"line 5", "longest translation of 6 tokens", "--max-length"}, {"--max-length", "6"});
  refuses(with("abcabc"), 4, {"line 5", "3 tokens in a row twice", "no_repeat_ngram"}, {"--no-repeat-ngram", "3"});
  refuses(with("ab"), 2, {"--constraints", "--sampling"}, {"--sampling"});
  check_ends(tiny().attend({"translate", "run", "--constraints", "-"}), 2, {"--constraints", "standard input"});
  check_ends(translate({"--constraints", "nowhere"}), 4, {"nowhere"});

  tiny().scratch.file("one", "\nab ba\n");
  tiny().scratch.file("of-blank", "ab\n\n");
  const auto told =
      tiny().attend({"translate", "run", "--input", "one", "--constraints", "of-blank", "--format", "jsonl"});
  check_ends(told, 0, {"line 1", "\"ab\" is not in the translation", "blank"});
  CHECK(json::parse(lines_of(told.out).front())["hypotheses"][0]["constraints"]["missing"][0]["phrase"] == "ab");
}
