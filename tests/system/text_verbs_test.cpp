// attend evaluate and attend tokenizer as a user types them.
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "tests/support/process.h"
#include "tests/system/tiny.h"

using namespace attend;
using namespace attend::test;

namespace {

ProcessResult feed(const std::vector<std::string>& arguments, const std::string& input) {
  ProcessOptions options;
  options.input = input;
  return run_attend(arguments, options);
}

}  // namespace

TEST_CASE("evaluate: both formats, several references, sacreBLEU's fields") {
  const Scratch scratch;
  const std::string h = scratch.file("h", "the dog bit the man\n\nit was late .\n");
  const std::string r = scratch.file("r", "the dog bit a man\n\nit was late.\n");
  const std::string s = scratch.file("s", "the dog had bit the man\nx\nit was late.\n");
  const auto json =
      run_attend({"evaluate", "--hypothesis", h, "--reference", r, "--reference", s, "--format", "json"});
  REQUIRE(json.exit_code == 0);
  const Json scores = parse_json(json.out, "output");
  for (const char* field : {"score", "signature", "precisions", "bp", "sys_len", "ref_len"})
    CHECK(scores["bleu"].contains(field));
  CHECK(scores["chrf"]["signature"].get<std::string>().starts_with("nrefs:2|"));
  const auto text = run_attend({"evaluate", "--hypothesis", h, "--reference", r, "--metric", "chrf"});
  CHECK(text.out.starts_with("chrF2|nrefs:1|"));
  CHECK(feed({"evaluate", "--hypothesis", "-", "--reference", r}, slurp(h)).exit_code == 0);
}

TEST_CASE("evaluate: faults have their exit codes and name the remedy") {
  const Scratch scratch;
  const std::string h = scratch.file("h", "a\nb\n"), r = scratch.file("r", "a\n");
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"evaluate", "--hypothesis", h, "--reference", r});
    return run_attend(more);
  };
  const auto unequal = run({});
  CHECK(unequal.exit_code == 4);
  CHECK(contains(unequal.err, "got 2 and 1"));
  CHECK(run({"--metric", "blue"}).exit_code == 2);
  CHECK(contains(run({"--metric", "blue"}).err, "did you mean \"bleu\""));
  CHECK(contains(run({"--tokenize", "itnl"}).err, "did you mean \"intl\""));
  const std::string s = scratch.file("s", "a\nb\n"), empty = scratch.file("empty", "");
  const auto with_baseline = [&](const std::string& baseline, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"evaluate", "--hypothesis", h, "--reference", s, "--baseline", baseline});
    return run_attend(more);
  };
  CHECK(with_baseline(r).exit_code == 4);
  CHECK(with_baseline(s, {"--sentence"}).exit_code == 2);
  CHECK(
      run_attend({"evaluate", "--hypothesis", empty, "--reference", empty, "--baseline", empty}).exit_code ==
      4);
}

TEST_CASE("evaluate: --sentence gives a line of scores for each line, or a JSON object") {
  const Scratch scratch;
  const std::string h = scratch.file("h", "the dog bit the man\n\nIt was late\n");
  const std::string r = scratch.file("r", "the dog bit the man\nx\nit was late\n");
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(),
                {"evaluate", "--hypothesis", h, "--reference", r, "--sentence", "--metric", "bleu,ter"});
    return run_attend(more);
  };
  CHECK(run({"--lowercase"}).out == "100.00\t0.00\n0.00\t100.00\n100.00\t0.00\n");
  CHECK(contains(run({}).err, "eff:yes"));
  const auto lines = split(run({"--format", "json"}).out, '\n');
  REQUIRE(lines.size() == 4);
  const Json third = parse_json(lines[2], "output");
  CHECK(third["line"] == 3);
  CHECK(third["bleu"]["score"].get<double>() < 100);
  CHECK(third["ter"]["num_edits"] == 0);
  CHECK(contains(third["ter"]["signature"].get<std::string>(), "case:lc"));
}

TEST_CASE("evaluate: text that looks tokenised is warned of, unless --tokenize none says that it is") {
  const Scratch scratch;
  std::string tokenized;
  for (int i = 0; i < 100; ++i) tokenized += "it was late .\n";
  const std::string h = scratch.file("h", tokenized);
  CHECK(contains(run_attend({"evaluate", "--hypothesis", h, "--reference", h}).err, "detokenise"));
  CHECK(run_attend({"evaluate", "--hypothesis", h, "--reference", h, "--tokenize", "none"}).err.empty());
}

TEST_CASE("evaluate: --baseline adds means, intervals and a p-value to what stands there without it") {
  const Scratch scratch;
  std::string good, bad, expected;
  for (int i = 0; i < 40; ++i) {
    const std::string line = "the man number " + std::to_string(i) + " buys some apples";
    expected += line + "\n";
    good += line + (i % 3 == 0 ? " .\n" : "\n");
    bad += (i % 4 == 0 ? "nothing" : line + " and pears") + "\n";
  }
  const std::string h = scratch.file("h", good), b = scratch.file("b", bad), r = scratch.file("r", expected);
  const std::vector<std::string> plain{"evaluate", "--hypothesis", h, "--reference", r,
                                       "--metric", "bleu,chrf++"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), plain.begin(), plain.end());
    return run_attend(more);
  };
  const Json json = parse_json(with({"--baseline", b, "--format", "json"}).out, "output");
  const Json without = parse_json(with({"--format", "json"}).out, "output");
  for (const char* metric : {"bleu", "chrf++"}) {
    CHECK(json[metric]["score"] == without[metric]["score"]);
    CHECK(contains(json[metric]["signature"].get<std::string>(), "|bs:1000|seed:12345|"));
    CHECK(json[metric]["p_value"].get<double>() < 0.05);
    for (const char* field : {"score", "mean", "ci"}) CHECK(json[metric]["baseline"].contains(field));
    CHECK(json[metric]["mean"].get<double>() > json[metric]["baseline"]["mean"].get<double>());
    CHECK(json[metric]["ci"].get<double>() > 0);
  }
  const auto text = with({"--baseline", b});
  CHECK(text.out.starts_with("BLEU|nrefs:1|bs:1000|"));
  CHECK(contains(text.out, ", p = 0.0010*\n"));
  CHECK(contains(with({"--baseline", h}).out, ", p = 1.0000\n"));
}

TEST_CASE("tokenizer: train, info, encode and decode, blank lines kept") {
  const Scratch scratch;
  std::string corpus;
  for (int i = 0; i < 200; ++i) corpus += "the man number " + std::to_string(i) + " buys apples\n";
  const std::string text = scratch.file("text", corpus), model = scratch / "t";
  const std::string lines = "the man buys 12 apples\n\nnumber 7\n";
  for (const std::string type : {"sentencepiece", "bpe", "char", "byte"}) {
    Lines train{"tokenizer", "train", "--input", text, "--output", model, "--type", type};
    if (type != "byte") train.insert(train.end(), {"--vocab-size", type == "bpe" ? "270" : "60"});
    REQUIRE(run_attend(train).exit_code == 0);
    CHECK(contains(run_attend({"tokenizer", "info", model}).out, type));
    const auto pieces = feed({"tokenizer", "encode", model}, lines);
    CHECK(feed({"tokenizer", "decode", model}, pieces.out).out == lines);
    const auto ids = feed({"tokenizer", "encode", model, "--ids"}, lines);
    CHECK(feed({"tokenizer", "decode", model, "--ids"}, ids.out).out == lines);
  }
  CHECK(feed({"tokenizer", "decode", model, "--ids"}, "4 9999\n").exit_code == 4);
  CHECK(feed({"tokenizer", "encode", model}, "a\xFF\n").exit_code == 4);
  CHECK(run_attend({"tokenizer", "info", scratch.file("junk", "no model")}).exit_code == 5);
  const auto letters = scratch / "letters.json";
  CHECK(run_attend({"tokenizer", "train", "--input", text, "--output", letters, "--type", "char"}).exit_code == 0);
  CHECK(contains(slurp(letters), "\"\\n\""));  // which ends the lines of a language model's text
  CHECK(run_attend({"tokenizer", "train", "--input", text, "--output", model, "--vocab-size", "90000"})
            .exit_code == 4);
}

TEST_CASE("tokenizer: faults of options are usage, by the names of the options") {
  const Scratch scratch;
  const std::string text = scratch.file("text", "the red car is red\n"), model = scratch / "t";
  const auto train = [&](Lines more) {
    more.insert(more.begin(), {"tokenizer", "train", "--input", text, "--output", model});
    return run_attend(more);
  };
  const std::pair<Lines, std::string> cases[] = {
      {{"--type", "bpe", "--vocab-size", "100"}, "error: [--vocab-size] 100 is below 260"},
      {{"--type", "char", "--user-symbol", "<a>"},
       "error: [--user-symbol] symbols are pieces of sentencepiece and bpe, but the type is char"},
      {{"--user-symbol", "</s>"}, "error: [--user-symbol] \"</s>\" is one of the four special symbols"},
      {{"--user-symbol", "A", "--user-symbol", "A"}, "error: [--user-symbol] expected different symbols"},
      {{"--user-symbol", ""}, "error: [--user-symbol] expected different symbols, none of them empty"},
      {{"--option", "pad_id=3"}, "error: [--option] \"pad_id\" is not SentencePiece's to choose"},
      {{"--option", "required_chars=\u00f1", "--vocab-size", "16"},
       "error: [--option] with required_chars=\u00f1 SentencePiece gave up"},
      {{"--character-coverage", "0.95"}, "--character-coverage"},
      {{"--type", "bpe", "--character-coverage", "0.99"},
       "error: [--character-coverage] belongs to type sentencepiece, but the type is bpe"},
      {{"--type", "char", "--algorithm", "unigram"}, "error: [--algorithm] belongs to type sentencepiece"},
      {{"--type", "bpe", "--byte-fallback"}, "error: [--byte-fallback] belongs to type sentencepiece"},
      {{"--type", "byte", "--vocab-size", "300"}, "error: [--vocab-size] type byte has one size"},
      {{"--normalization", "nfc"}, "error: [--normalization] expected one of nmt_nfkc, nfkc"}};
  for (const auto& [options, message] : cases) {
    const auto result = train(options);
    INFO(message << "\n" << result.err);
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, message));
  }
  CHECK_FALSE(std::filesystem::exists(model));
}

TEST_CASE("tokenizer: info shows the rule of normalisation; special symbols in text are parsed on request") {
  const Scratch scratch;
  const std::string text = scratch.file("text", "was <s>44 dollars</s> now\nthe red car is red\n"),
                    model = scratch / "t";
  REQUIRE(run_attend({"tokenizer", "train", "--input", text, "--output", model, "--vocab-size", "30", "--normalization",
                      "identity"})
              .exit_code == 0);
  CHECK(contains(run_attend({"tokenizer", "info", model}).out, "\nnormalization  identity\n"));
  CHECK(contains(feed({"tokenizer", "encode", model, "--parse-special"}, "a\n").err, "expected a byte-level BPE"));
  REQUIRE(run_attend({"tokenizer", "train", "--input", text, "--output", model, "--type", "bpe", "--vocab-size", "270"})
              .exit_code == 0);
  const auto as_text = feed({"tokenizer", "encode", model, "--ids"}, "a<s></s>\n");
  CHECK(feed({"tokenizer", "decode", model, "--ids"}, as_text.out).out == "a<s></s>\n");
  CHECK(contains(as_text.err, "(<pad>, <unk>, <s>, </s>) 2 times; they are read as text like any other; with type bpe, "
                              "--parse-special reads symbols"));
  CHECK(feed({"tokenizer", "encode", model, "--ids", "--parse-special"}, "<s></s>\n").out == "2 3\n");
}

TEST_CASE("tokenizer: a model with two vocabularies of characters gives each of them by its side") {
  const TinyRun tiny;
  check_ends(tiny.train({"data.tokenizer.shared=false"}), 0, {});
  for (const std::string side : {"source", "target"})
    check_ends(tiny.attend({"tokenizer", "info", "run", "--side", side}), 0, {});
}
