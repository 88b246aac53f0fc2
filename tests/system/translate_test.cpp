// What translate does around the search, as a user meets it: settings, tags, unknown words, sentences, and what it
// says.
#include <nlohmann/json.hpp>

#include "tests/system/tiny.h"

using namespace attend::test;
using nlohmann::json;

namespace {

// Trained once: words with tags on both sides, by a tokenizer that knows seven of the eight letters.
const TinyRun& tagged() {
  static const TinyRun run;
  static const bool trained = [] {
    return run.train({"training.max_steps=250", "training.validate_every=250", "training.save_every=250",
                      "data.tokenizer.vocab_size=14", "data.train.source_prefix=<2de>", "data.train.target_prefix=<de>",
                      "data.validation.source_prefix=<2de>", "data.validation.target_prefix=<de>",
                      "training.validate_metrics=[loss, chrf]"})
               .exit_code == 0;
  }();
  REQUIRE(trained);
  return run;
}

ProcessResult translate(Lines options, const std::string& input) {
  Lines arguments{"translate", "run", "--device", "cpu", "--precision", "fp32", "--threads", "1"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  ProcessOptions process;
  process.input = input;
  return tagged().attend(arguments, process);
}

std::string text_from(const Lines& options, const std::string& input) {
  const auto result = translate(options, input);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

json row_from(const Lines& options, const std::string& input) {
  Lines all{"--format", "jsonl", "--source-tag", "<2de>"};
  all.insert(all.end(), options.begin(), options.end());
  return json::parse(lines_of(text_from(all, input)).front());
}

std::string words() { return slurp(tagged().path("validation.src")); }

}  // namespace

TEST_CASE("translate: with its tags it is the translation that the validation measured", "[system]") {
  const auto found = translate({"--source-tag", "<2de>"}, words());
  REQUIRE(found.exit_code == 0);
  CHECK(contains(found.err, "every translation begins with \"<de>\""));
  CHECK(found.out.find("<de>") == std::string::npos);
  tagged().scratch.file("found", found.out);
  const auto scores = tagged().attend(
      {"evaluate", "--hypothesis", "found", "--reference", "validation.trg", "--metric", "chrf", "--format", "json"});
  double expected = -1;
  for (const auto& line : lines_of(slurp(tagged().path("run/metrics.jsonl"))))
    if (const auto row = json::parse(line); row.contains("chrf")) expected = row["chrf"];
  CHECK(json::parse(scores.out)["chrf"]["score"].get<double>() == Approx(expected).margin(1e-9));

  // The user's own tags do the same; without any a warning says so.
  Lines typed = lines_of(words());
  for (auto& line : typed) line = "<2de> " + line;
  CHECK(text_from({}, text_of(typed)) == found.out);
  CHECK(contains(translate({}, words()).err, "100 lines (the first is line 1) do not begin with \"<2de>\""));
  CHECK_FALSE(contains(translate({"--source-tag", "<2de>"}, words()).err, "puts it there"));
  CHECK(text_from({"--source-tag", "<2de>", "--target-tag", "<de>"}, words()) == found.out);
  CHECK(contains(text_from({"--source-tag", "<2de>", "--target-tag", ""}, words()), "<de>"));
  check_ends(translate({"--source-tag", "a\nb"}, "x\n"), 2, {"--source-tag"});
}

TEST_CASE("translate: <unk> is not generated unless asked for, and then a word of the source stands there",
          "[system]") {
  const std::string mark = "\uFFFD";
  const Lines tag{"--source-tag", "<2de>"};
  const auto with = [&](const Lines& more) {
    Lines all = tag;
    all.insert(all.end(), more.begin(), more.end());
    return text_from(all, words());
  };
  CHECK_FALSE(contains(with({}), mark));
  CHECK(contains(with({"--set", "decoding.ban=[]"}), mark));
  CHECK_FALSE(contains(with({"--set", "decoding.ban=[]", "--ban", "<unk>"}), mark));
  const std::string copied = with({"--copy-unknown"});
  CHECK_FALSE(contains(copied, mark));
  CHECK(copied != with({}));
  const Lines found = lines_of(copied), right = lines_of(words());
  std::size_t alike = 0;
  for (std::size_t i = 0; i < right.size(); ++i) alike += found[i] == right[i];
  CHECK(alike * 2 > right.size());  // a word with an unknown letter is the source's, the others are copied by the model
  tagged().scratch.file("words.tsv", "nothing\tnichts\n");
  CHECK(with({"--dictionary", "words.tsv"}) == copied);
  Lines entries;
  for (const auto& word : lines_of(words())) entries.push_back(word + "\tDICTIONARY");
  tagged().scratch.file("all.tsv", text_of(entries));
  CHECK(contains(with({"--dictionary", "all.tsv"}), "DICTIONARY"));
  check_ends(translate({"--copy-unknown", "--ban", "<unk>"}, "a\n"), 2, {"--ban", "--copy-unknown"});
  tagged().scratch.file("bad.tsv", "one\n");
  check_ends(translate({"--dictionary", "bad.tsv"}, "a\n"), 4, {"bad.tsv:1", "a tab"});
}

TEST_CASE("translate: --set changes any key of decoding, and a minimum length is kept whatever the limit by the source",
          "[system]") {
  const Lines tag{"--source-tag", "<2de>"};
  CHECK(text_from({"--source-tag", "<2de>", "--set", "decoding.beam_size=2"}, words()) ==
        text_from({"--source-tag", "<2de>", "--beam", "2"}, words()));
  const Lines narrow{"--set", "decoding.max_length_ratio=0", "--set", "decoding.max_length_offset=8"};
  CHECK(row_from(narrow, "abcabc\n")["hypotheses"][0]["tokens"] <= 8);
  Lines longer = narrow;
  longer.insert(longer.end(), {"--min-length", "20"});
  CHECK(row_from(longer, "abcabc\n")["hypotheses"][0]["tokens"] >= 20);
  check_ends(translate({"--set", "decoding.beam_sise=2"}, "a\n"), 2,
             {"--set decoding.beam_sise=2", "did you mean \"beam_size\"?"});
  check_ends(translate({"--set", "decoding.beam_size=0"}, "a\n"), 2, {"between 1 and 1,000"});
  check_ends(translate({"--set", "training.seed=2"}, "a\n"), 2, {"only keys of decoding"});
  check_ends(translate({"--set", "decoding.ban=[nothing]"}, "a\n"), 2, {"\"nothing\"", "target vocabulary"});
  // data.max_length is 32
  check_ends(translate({"--min-length", "32"}, "a\n"), 2, {"--min-length", "32", "--max-length"});
}

TEST_CASE("score: --set is checked and changes nothing", "[system]") {
  const auto score = [](const Lines& more) {
    Lines all{"score", "run", "--source", "validation.src", "--target", "validation.trg", "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return tagged().attend(all);
  };
  const auto plain = score({}), set = score({"--set", "decoding.beam_size=2", "--set", "decoding.distinct=true"});
  CHECK(set.exit_code == 0);
  CHECK(set.out == plain.out);
  CHECK(contains(set.err, "the model's own"));
  check_ends(score({"--set", "decoding.beam_size=none"}), 2, {"expected an integer"});
  check_ends(score({"--set", "generation.seed=3"}), 2, {"belongs to language_model"});
  check_ends(score({"--set", "model.d_model=8"}), 2, {"only keys of decoding and generation"});
}

TEST_CASE("score: the texts of a list have the log-probability that translate gave them with its tags", "[system]") {
  tagged().scratch.file("nbest", text_from({"--source-tag", "<2de>", "--nbest", "2"}, words()));
  const auto scored = tagged().attend(
      {"score", "run", "--source", "validation.src", "--target", "nbest", "--source-tag", "<2de>", "--threads", "1"});
  const Lines list = lines_of(slurp(tagged().path("nbest"))), scores = lines_of(scored.out);
  REQUIRE(list.size() == scores.size());
  std::size_t alike = 0;
  for (std::size_t i = 0; i < list.size(); ++i)
    alike += std::abs(std::stod(scores[i]) - std::stod(list[i].substr(list[i].find("log_prob= ") + 10))) < 1e-3;
  CHECK(alike * 100 >= list.size() * 95);  // a text that was cut gets an end here
  check_ends(tagged().attend({"score", "run", "--text", "nbest", "--target-tag", "x"}), 2, {"--target-tag"});
}

TEST_CASE("score: a line that only begins with the letters of a tag gets it, and lines without the tag are told",
          "[system]") {
  tagged().scratch.file("one", "<2deabc\n");
  const auto score = [](const Lines& more) {
    Lines all{"score", "run", "--source", "one", "--target", "one", "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return tagged().attend(all);
  };
  const auto with = score({"--source-tag", "<2de"}), without = score({});
  REQUIRE(with.exit_code == 0);
  CHECK(with.out != without.out);
  check_ends(without, 0, {"1 source line does not begin with \"<2de>\"", "--source-tag"});
}

TEST_CASE("translate: a line that has its tag gets no second one", "[system]") {
  Lines tagged_words;
  for (const auto& line : lines_of(words())) tagged_words.push_back("<2de> " + line);
  CHECK(text_from({"--source-tag", "<2de>"}, text_of(tagged_words)) == text_from({"--source-tag", "<2de>"}, words()));
}

TEST_CASE("translate: a tag that the model does not know, and standard input claimed twice, are told", "[system]") {
  check_ends(translate({"--source-tag", "\u6f22\u6f22"}, "a\n"), 0,
             {"[--source-tag] \"\u6f22\u6f22\" is unknown to the model"});
  tagged().scratch.file("in", "a\n");
  check_ends(tagged().attend({"translate", "run", "--input", "in", "--dictionary", "-", "--constraints", "-"}), 2,
             {"[--constraints] standard input is read by --dictionary already"});
}

TEST_CASE("translate: lines cut into sentences are their translations with the line's white space", "[system]") {
  const std::string line = "  abc. Fed!\tgab ", blank = "\n";
  const auto row = row_from({"--split-sentences"}, line + "\n");
  const json& whole = row["hypotheses"][0];
  REQUIRE(whole["sentences"].size() == 3);
  std::string joined = "  ";
  double log_prob = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const json& part = whole["sentences"][i];
    joined += part["text"].get<std::string>() + Lines{" ", "\t", " "}[i];
    log_prob += part["log_prob"].get<double>();
    CHECK(row_from({}, part["source"].get<std::string>() + "\n")["hypotheses"][0]["text"] == part["text"]);
  }
  CHECK(whole["text"] == joined);
  CHECK(whole["log_prob"].get<double>() == Approx(log_prob));
  CHECK(text_from({"--split-sentences", "--source-tag", "<2de>"}, line + "\n\n" + line + "\n") ==
        joined + "\n\n" + joined + "\n");
  CHECK(row_from({"--split-sentences", "--sentence-language", "en"}, "Mr. Abc. Fed.\n")["hypotheses"][0]["sentences"]
            .size() == 2);
  CHECK(row_from({"--split-sentences"}, "Mr. Abc. Fed.\n")["hypotheses"][0]["sentences"].size() == 3);
  check_ends(translate({"--split-sentences", "--nbest", "2"}, "a\n"), 2, {"--split-sentences", "--nbest"});
  check_ends(translate({"--split-sentences", "--alignment", "hard"}, "a\n"), 2, {"--alignment", "jsonl"});
  check_ends(translate({"--sentence-language", "en"}, "a\n"), 2, {"--split-sentences"});
  check_ends(translate({"--split-sentences", "--sentence-language", "xx"}, "a\n"), 2,
             {"--sentence-language", "one of any, de, en"});
}

TEST_CASE("translate: alignments of words number the words of the text", "[system]") {
  const auto row = row_from({"--alignment", "soft", "--alignment-level", "word"}, "abc fed  gab\n");
  const json& best = row["hypotheses"][0];
  std::size_t words = 0;
  std::istringstream text(best["text"].get<std::string>());
  for (std::string word; text >> word;) ++words;
  CHECK(best["alignment"].size() >= words);
  CHECK(best["alignment"].size() <= words + 1);
  for (const json& weights : best["alignment"]) {
    double sum = 0;
    for (const json& weight : weights) sum += weight.get<double>();
    CHECK(weights.size() == 4);  // three words and the end symbol
    CHECK(sum == Approx(1.0).margin(1e-2));
  }
  for (const json& pair :
       row_from({"--alignment", "hard", "--alignment-level", "word"}, "abc fed  gab\n")["hypotheses"][0]["alignment"])
    CHECK(pair[0].get<std::size_t>() < 3);
  check_ends(translate({"--alignment-level", "word"}, "a\n"), 2, {"--alignment-level", "--alignment"});

  REQUIRE(tagged().train({"output=linear", "training.max_steps=2", "model.cross_attention.type=linear"}).exit_code ==
          0);
  for (const Lines& option :
       {Lines{"--alignment", "hard"}, Lines{"--copy-unknown"}, Lines{"--coverage-penalty", "1"}}) {
    Lines all{"translate", "linear", "--input", "test.src"};
    all.insert(all.end(), option.begin(), option.end());
    check_ends(tagged().attend(all), 2, {"cross-attention has weights", "linear"});
  }
}

TEST_CASE("translate: what is cut, too long or unknown is told once, with a count", "[system]") {
  const std::string word(40, 'a');
  const auto result =
      translate({"--source-tag", "<2de>", "--max-length", "6"}, "abc\n" + word + "\n\n" + word + "\nzz\n");
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err,
                 "2 lines (the first is line 2) have more tokens than training ever saw, 32 (data.max_length); the "
                 "longest has 47"));
  CHECK(contains(result.err, "translations met their limit, min(2 x source tokens + 50, 6) tokens"));
  CHECK(contains(result.err, "nothing but tokens that the model does not know"));
  const auto distinct =
      translate({"--source-tag", "<2de>", "--set", "decoding.distinct=true", "--nbest", "5"}, "abc\n");
  std::set<std::string> texts;
  for (const auto& line : lines_of(distinct.out))
    CHECK(texts.insert(line.substr(0, line.find(" ||| log_prob"))).second);

  tagged().scratch.file("input", words());
  const auto file = translate({"--source-tag", "<2de>", "--input", "input", "--output", "output"}, "");
  CHECK(contains(file.err, "translated 100 lines, "));
  CHECK(contains(file.err, " words/s, "));
}

TEST_CASE("score: lists of other programs are refused", "[system]") {
  tagged().scratch.file("one", "abc\n");
  tagged().scratch.file("list", "0 ||| abc ||| F0= -3.1 ||| -3.1\n");
  check_ends(tagged().attend({"score", "run", "--source", "one", "--target", "list"}), 4,
             {"list:1", "n-best list of another program"});
}
