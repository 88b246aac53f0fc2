// attend generate as a user types it, on models of a few updates: one of characters, one of bytes, which writes
// anything.
#include <nlohmann/json.hpp>

#include "attend/core/text.h"
#include "tests/system/tiny.h"

using namespace attend::test;
using nlohmann::json;

namespace {

constexpr const char* kGenerateConfig = R"(version: 1
task: language_model
output: letters
runtime: {device: cpu, precision: fp32, threads: 1}
data:
  train: {text: text}
  validation: {fraction: 0.1}
  tokenizer: {type: char}
  block_size: 16
  sampling: random_blocks
  batch: {size: 8, unit: sequences}
model: {architecture: decoder, d_model: 32, num_heads: 2, d_ff: 64, decoder_layers: 2, dropout: 0.0, position: {type: learned, max_length: 24}}
training: {max_steps: 30, optimizer: {lr: 3e-3}, schedule: {warmup_steps: 4}, validate_every: 30, save_every: 30}
generation: {max_new_tokens: 24, seed: 3}
)";

class Models {
 public:
  Models() {
    scratch.file("lm.yaml", kGenerateConfig);
    std::string text;
    for (const auto& word : random_words(300, 1)) text += word + " " + word + "\n";
    scratch.file("text", text);
    check_ends(attend({"train", "lm.yaml"}), 0, {});
    check_ends(attend({"train", "lm.yaml", "--set", "output=bytes", "--set", "data.tokenizer.type=byte", "--set",
                       "training.max_steps=2"}),
               0, {});
  }
  ProcessResult attend(Lines arguments, const std::string& input = "") const {
    ProcessOptions options;
    options.directory = scratch.path().string();
    options.input = input;
    return run_attend(arguments, options);
  }

  Scratch scratch;
};

const Models& models() {
  static const Models trained;
  return trained;
}

ProcessResult generate(Lines options, const std::string& input = "") {
  options.insert(options.begin(), "generate");
  return models().attend(options, input);
}

std::string result_of(const Lines& options, const std::string& input = "") {
  const auto result = generate(options, input);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

void check_refused(const Lines& options, int code, const Lines& messages, const std::string& input = "") {
  const auto result = generate(options, input);
  check_ends(result, code, messages);
  CHECK(result.out.empty());
}

}  // namespace

TEST_CASE("generate: the prompt's text goes on, the same for the same seed, whatever the batch", "[system]") {
  const Lines options{"letters", "--samples", "3", "--format", "jsonl"};
  const std::string prompts = "abc\n\nd\nhgfe abc\nbb\n";
  const std::string once = result_of(options, prompts);
  auto small = options, other = options;
  small.insert(small.end(), {"--batch-tokens", "1", "--window", "2"});
  other.insert(other.end(), {"--seed", "4"});
  const Lines a = lines_of(once), b = lines_of(result_of(small, prompts));
  REQUIRE(a.size() == 13);  // an empty line gives one empty result
  REQUIRE(b.size() == a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const json x = json::parse(a[i]), y = json::parse(b[i]);
    for (const char* field : {"prompt", "sample", "text", "tokens"}) CHECK(x[field] == y[field]);
    CHECK(x["log_prob"].get<double>() == Approx(y["log_prob"].get<double>()).margin(1e-3));
    CHECK((x["tokens"] > 0) == (x["prompt"] != 2));
    CHECK(x["tokens"] <= 24);
  }
  CHECK(
      json::parse(a[3]) ==
      json::parse(
          R"({"prompt":2,"sample":1,"text":"","tokens":0,"log_prob":0.0,"token_ids":[],"token_log_probs":[],"finish":"end"})"));
  CHECK(result_of(other, prompts) != once);
}

TEST_CASE("generate: what is streamed is what is printed whole, in whole characters", "[system]") {
  for (const std::string model : {"letters", "bytes"})
    for (const Lines& more :
         {Lines{}, Lines{"--samples", "3", "--echo"}, Lines{"--stop", "b", "--stop", "\n", "--temperature", "1.5"}}) {
      Lines options{model};
      options.insert(options.end(), more.begin(), more.end());
      const std::string input = "abc\n\nfgh\n", whole = result_of(options, input);
      options.push_back("--stream");
      CHECK(result_of(options, input) == whole);
      CHECK(attend::is_valid_utf8(whole));
    }
}

TEST_CASE("generate: a signal ends the line of a stream, also while its text may be the beginning of a stop string",
          "[system]") {
  ProcessOptions options;
  options.directory = models().scratch.path().string();
  // Nineteen letters are shown, and those behind them are held back.
  const std::string endless = "env --default-signal=INT \"$ATTEND_BINARY\" generate letters --prompt abc --stream "
                              "--max-new-tokens 90000 --min-new-tokens 20 --logit-bias h=1000 --stop " +
                              std::string(60'000, 'h');
  const auto stopped =
      run_process("sh",
                  {"-c", endless + " > streamed & child=$!; while [ ! -s streamed ] && kill -0 $child; "
                                   "do sleep 0.02; done; sleep 0.2; kill -INT $child; wait $child; "
                                   "code=$?; cat streamed; exit $code"},
                  options);
  INFO(stopped.err.substr(0, 1000));
  CHECK(stopped.exit_code == 130);
  CHECK(stopped.out == std::string(19, 'h') + "\n");
}

TEST_CASE("generate: greedy, beam search, stop strings, echo and what comes without a prompt", "[system]") {
  const std::string greedy = result_of({"letters", "--prompt", "abc", "--temperature", "0"});
  CHECK(result_of({"letters", "--prompt", "abc", "--temperature", "0", "--seed", "9"}) == greedy);
  CHECK(result_of({"letters", "--prompt", "abc", "--beam", "1"}) == greedy);
  CHECK(result_of({"letters", "--prompt", "abc", "--top-k", "1", "--echo"}) == "abc" + greedy);
  CHECK(lines_of(result_of({"letters", "--prompt", "abc", "--beam", "3", "--samples", "3", "--format", "jsonl"}))
            .size() == 3);
  const std::string stop = greedy.substr(5, 3);
  CHECK(result_of({"letters", "--prompt", "abc", "--temperature", "0", "--stop", stop}) ==
        greedy.substr(0, greedy.find(stop)) + "\n");
  CHECK(result_of({"letters", "--prompt", ""}).size() > 1);
  CHECK(result_of({"letters"}, "\n") == "\n");
  CHECK(result_of({"letters"}).empty());
  CHECK(
      result_of({"letters", "--prompt", "a", "--samples", "2", "--max-new-tokens", "1", "--top-k", "1", "--ban", "\n"})
          .substr(1, 12) == "\n----------\n");
}

TEST_CASE(
    "generate: of a prompt beyond the context only its window is seen, with a warning, and text goes on beyond it",
    "[system]") {
  const std::string end = "cde abcd bc";  // what is left of 19 characters when 8 of 16 go
  const Lines greedy{"letters", "--max-new-tokens", "40", "--temperature", "0"};
  const auto cropped = generate(greedy, "hhabc bb" + end + "\n");
  check_ends(cropped, 0, {"prompt 1", "at most 16", "got 19", "left out, 8 tokens"});
  CHECK(cropped.out == result_of(greedy, end + "\n"));
  CHECK(cropped.out.size() == 41);
  const auto kept = generate({"letters", "--max-new-tokens", "40", "--temperature", "0", "--keep-first", "4"},
                             "hhabc bb" + end + "\n");
  check_ends(kept, 0, {"behind the first 4, 6 are left out"});
}

TEST_CASE(
    "generate: the score of what was written is its log_prob, for texts and for ids, within one context and beyond",
    "[system]") {
  const Scratch& scratch = models().scratch;
  for (const Lines& window : {Lines{}, Lines{"--context", "9"}, Lines{"--context", "9", "--keep-first", "3"}}) {
    Lines options{"letters", "--input", "prompts", "--format", "jsonl", "--max-new-tokens", "30", "--echo"},
        by_ids = options;
    scratch.file("prompts", "abc\nhgfe abc bb ccd abcd\n");
    options.insert(options.end(), window.begin(), window.end());
    std::string texts, ids;
    const auto rows = lines_of(result_of(options));
    REQUIRE(rows.size() == 2);
    for (const auto& row : rows) {
      const json written = json::parse(row);
      CHECK(written["finish"] == "length");
      CHECK(written["token_ids"].size() == 30);
      scratch.file("written", written["text"].get<std::string>());
      Lines score{"score", "letters", "--text", "written", "--format", "jsonl", "--tokens"};
      score.insert(score.end(), window.begin(), window.end());
      const auto scored = models().attend(score);
      check_ends(scored, 0, {});
      const json row_of = json::parse(scored.out);
      // the first token has no score
      CHECK(row_of["token_ids"].size() + 1 == written["text"].get<std::string>().size());
      double sum = 0;
      for (std::size_t i = 0; i < 30; ++i) {
        const auto at = row_of["token_ids"].size() - 30 + i;
        CHECK(row_of["token_ids"][at] == written["token_ids"][i]);
        CHECK(row_of["token_log_probs"][at].get<double>() ==
              Approx(written["token_log_probs"][i].get<double>()).margin(1e-4));
        sum += row_of["token_log_probs"][at].get<double>();
      }
      CHECK(sum == Approx(written["log_prob"].get<double>()).margin(1e-4));
    }
  }
}

TEST_CASE("generate: prompts of several lines, from a file, as JSON lines and with escapes; a line between texts",
          "[system]") {
  const Scratch& scratch = models().scratch;
  scratch.file("one", "abc\nbb\nd");
  scratch.file("many.jsonl", "{\"prompt\": \"abc\\nbb\\nd\"}\n{\"prompt\": \"a\", \"id\": 7}\n");
  const Lines greedy{"letters", "--temperature", "0", "--max-new-tokens", "5", "--echo"};
  const auto with = [&](Lines more) {
    more.insert(more.begin(), greedy.begin(), greedy.end());
    return result_of(more);
  };
  const std::string text = with({"--prompt", "abc\nbb\nd"});
  CHECK(with({"--prompt-file", "one"}) == text);
  CHECK(with({"--escapes", "--prompt", "abc\\nbb\\nd"}) == text);
  CHECK(with({"--input", "many.jsonl", "--input-format", "jsonl"}) == text + "----------\n" + with({"--prompt", "a"}));
  auto plain = greedy;
  plain.insert(plain.end(), {"--prompt", "a", "--stop", "\\n"});
  check_ends(generate(plain), 0, {"--stop", "two characters", "--escapes"});
  plain.push_back("--escapes");
  const auto read = generate(plain);
  CHECK_FALSE(contains(read.err, "--escapes"));
}

TEST_CASE("generate: a bias bans or brings a piece, and no end comes before its time", "[system]") {
  const Lines ten{"letters", "--prompt", "abc", "--max-new-tokens", "10"};
  const auto with = [&](Lines more) {
    more.insert(more.begin(), ten.begin(), ten.end());
    return result_of(more);
  };
  CHECK(with({"--logit-bias", "h=900"}) == "hhhhhhhhhh\n");
  CHECK(with({"--logit-bias", "h=900", "--logit-bias", "b=1000"}) == "bbbbbbbbbb\n");
  CHECK_FALSE(contains(with({"--logit-bias", "b=-inf", "--seed", "7"}), "b"));
  CHECK(with({"--logit-bias", "b=-inf", "--seed", "7"}) == with({"--ban", "b", "--seed", "7"}));
  CHECK(with({"--escapes", "--logit-bias", "\\n=900", "--stop", "\\n\\n"}) == "\n");
  CHECK(with({"--escapes", "--logit-bias", "\\n=900", "--stop", "\\n\\n", "--min-new-tokens", "4"}) == "\n\n\n\n");
}

TEST_CASE("generate: --set replaces what the model's config says, and an option replaces that", "[system]") {
  const auto with = [](Lines more) {
    more.insert(more.begin(), {"letters", "--prompt", "abc"});
    return result_of(more);
  };
  const std::string usual = with({});
  CHECK(with({"--set", "generation.max_new_tokens=7"}) == usual.substr(0, 7) + "\n");  // draws go by the token's number
  CHECK(with({"--set", "generation.max_new_tokens=7", "--max-new-tokens", "3"}) == usual.substr(0, 3) + "\n");
  CHECK(with({"--set", "generation.seed=9", "--set", "generation.temperature=0.7"}) ==
        with({"--seed", "9", "--temperature", "0.7"}));
  CHECK(with({"--set", "generation.ban=[<unk>, b]"}) == with({"--ban", "b"}));
  CHECK(with({"--set", "generation.logit_bias={h: 900}", "--set", "generation.max_new_tokens=4"}) == "hhhh\n");
  CHECK(with({"--set", "generation.logit_bias={h: 900}", "--logit-bias", "h=-inf", "--logit-bias", "b=900"})
            .starts_with("bbbb"));
  CHECK(with({"--beam", "3", "--set", "decoding.length_penalty.alpha=0"}) ==
        with({"--beam", "3", "--set", "decoding.length_penalty.type=none"}));
  const auto refused = [](const std::string& setting, const Lines& messages) {
    check_refused({"letters", "--prompt", "a", "--set", setting}, 2, messages);
  };
  refused("generation.tempreature=1", {"generation.tempreature", "temperature"});
  refused("model.d_model=8", {"model.d_model", "only keys of generation and decoding"});
  refused("generation.ban=[zz]", {"[generation.ban]", "got \"zz\""});
  refused("generation.logit_bias={zz: 1}", {"[generation.logit_bias]", "got \"zz\""});
}

TEST_CASE("generate: with ids the command line names pieces by number, the model's config as its tokenizer spells them",
          "[system]") {
  const Lines four{"--max-new-tokens", "4", "--format", "jsonl"};
  const auto ids_of = [&](Lines more) {
    more.insert(more.begin(), "letters");
    more.insert(more.end(), four.begin(), four.end());
    return json::parse(result_of(more))["token_ids"];
  };
  const auto hs = ids_of({"--prompt", "a", "--logit-bias", "h=900"});
  CHECK(ids_of({"--ids", "--prompt", "5", "--set", "generation.logit_bias={h: 900}"}) == hs);
  CHECK(ids_of({"--ids", "--prompt", "5", "--logit-bias", std::to_string(hs[0].get<int>()) + "=900"}) == hs);
  CHECK(ids_of({"--ids", "--prompt", ""}) == ids_of({"--prompt", ""}));  // behind a line end
}

TEST_CASE("generate: an empty prompt of one text begins behind a line end, and says so", "[system]") {
  const auto begun = generate({"letters", "--prompt", "", "--temperature", "0"});
  check_ends(begun, 0, {"warning", "an empty prompt", "behind a line end"});
  CHECK(begun.out == result_of({"letters", "--escapes", "--prompt", "\\n", "--temperature", "0"}));
}

TEST_CASE("generate: a model of ids is given ids, or its tokenizer", "[system]") {
  const Scratch& scratch = models().scratch;
  std::string ids;
  for (int i = 0; i < 900; ++i) ids += {static_cast<char>(4 + i % 5), '\0'};
  scratch.file("ids.bin", ids);
  check_ends(models().attend({"train", "lm.yaml", "--set", "output=numbers", "--set",
                              "data.train=[{tokens: {file: ids.bin, vocab_size: 40}}]"}),
             0, {});
  check_ends(generate({"numbers", "--prompt", "a"}), 5, {"token ids alone", "--tokenizer", "--ids"});
  check_ends(models().attend({"score", "numbers", "--text", "text"}), 5, {"token ids alone", "--tokenizer", "--ids"});
  CHECK(result_of({"numbers", "--ids", "--prompt", "4 5 6", "--temperature", "0", "--max-new-tokens", "4", "--echo"}) ==
        "4 5 6 7 8 4 5\n");
  scratch.file("tokens.jsonl", "{\"token_ids\": [4, 5, 6]}\n");
  CHECK(result_of({"numbers", "--ids", "--input", "tokens.jsonl", "--input-format", "jsonl", "--temperature", "0",
                   "--max-new-tokens", "2"}) == " 7 8\n");
  scratch.file("lines", "4 5 6 7 8 4 5\n\n4\n");
  const auto scored = models().attend({"score", "numbers", "--ids", "--text", "lines"});
  check_ends(scored, 0, {"scored 3 documents, 6 tokens"});
  CHECK(lines_of(scored.out)[1] == "0.000000\t0");
  check_ends(models().attend({"score", "numbers", "--ids", "--text", "text"}), 4, {"text:1", "ids from 0 to 39"});
  check_ends(generate({"numbers", "--ids", "--prompt", "4 40"}), 4, {"ids from 0 to 39", "got \"40\""});
  scratch.file("single", "a");
  const auto single = models().attend({"score", "letters", "--text", "single"});
  check_ends(single, 0, {"scored 1 document, 0 tokens"});
  CHECK_FALSE(contains(single.err, "perplexity"));  // of no tokens there is none
  const std::string tokenizer = "letters/final/vocab.json";
  CHECK(result_of({"numbers", "--tokenizer", tokenizer, "--prompt", "abc"}).size() > 1);
  check_ends(models().attend({"score", "numbers", "--tokenizer", tokenizer, "--text", "single"}), 0, {});
  check_ends(generate({"letters", "--tokenizer", tokenizer, "--prompt", "a"}), 2, {"--tokenizer", "of its own"});
  check_ends(generate({"numbers", "--tokenizer", "bytes/final/vocab.json", "--prompt", "a"}), 5, {"at most 40 pieces"});
}

TEST_CASE("bad input: generate names what does not go together", "[system]") {
  const auto refused = [](Lines options, int code, const Lines& messages) {
    options.insert(options.begin(), {"letters", "--prompt", "a"});
    check_refused(options, code, messages);
  };
  refused({"--top-p", "0"}, 2, {"--top-p", "above 0", "got 0"});
  refused({"--top-p", "2"}, 2, {"--top-p", "at most 1"});
  refused({"--typical", "0"}, 2, {"--typical"});
  refused({"--min-p", "1.5"}, 2, {"--min-p"});
  refused({"--temperature", "-1"}, 2, {"--temperature"});
  for (const char* option :
       {"--temperature", "--min-p", "--repetition-penalty", "--presence-penalty", "--frequency-penalty"})
    refused({option, "nan"}, 2, {option, "got nan"});
  refused({"--input", "text"}, 2, {"--prompt, --prompt-file, --input"});
  refused({"--prompt-file", "text"}, 2, {"--prompt, --prompt-file, --input"});
  refused({"--input-format", "jsonl"}, 2, {"--input-format"});
  refused({"--logit-bias", "Q=1"}, 2, {"--logit-bias", "got \"Q\""});
  refused({"--logit-bias", "a=much"}, 2, {"--logit-bias", "PIECE=NUMBER", "a=much"});
  refused({"--logit-bias", "a"}, 2, {"PIECE=NUMBER"});
  refused({"--logit-bias", "a=inf"}, 2, {"-inf"});
  refused({"--min-new-tokens", "25"}, 2, {"--min-new-tokens", "24"});
  refused({"--keep-first", "16"}, 2, {"--keep-first", "less than the context of 16"});
  refused({"--escapes", "--stop", "\\q"}, 2, {"--stop", "got a backslash before \"q\""});
  refused({"--escapes", "--stop", "a\\"}, 2, {"--stop", "before nothing"});
  refused({"--ids", "--stop", "a"}, 2, {"--stop", "--ids"});
  refused({"--beam", "2", "--top-k", "3"}, 2, {"--beam"});
  refused({"--beam", "2", "--samples", "3"}, 2, {"--samples", "at most the beam of 2"});
  refused({"--beam", "2", "--stream"}, 2, {"--stream"});
  refused({"--stream", "--format", "jsonl"}, 2, {"--stream", "jsonl"});
  refused({"--stop", ""}, 2, {"--stop"});
  refused({"--context", "25"}, 2, {"--context", "at most 24"});
  refused({"--format", "josnl"}, 2, {"did you mean \"jsonl\"?"});
  check_refused({"letters", "--prompt", "a\nb\xFF"}, 4, {"--prompt:2:2", "UTF-8"});
  check_refused({"letters"}, 4, {"stdin:2:2", "UTF-8"}, "a\nb\xFF\n");
  const auto refused_line = [](const std::string& line, const Lines& messages) {
    check_refused({"letters", "--input-format", "jsonl"}, 4, messages, "{\"prompt\": \"a\"}\n" + line + "\n");
  };
  refused_line("{\"prompt\": ", {"stdin:2"});
  refused_line("[\"a\"]", {"stdin:2", "an object"});
  refused_line("{\"text\": \"a\"}", {"stdin:2", "\"prompt\"", "neither"});
  refused_line("{\"prompt\": \"a\", \"token_ids\": []}", {"stdin:2", "both"});
  refused_line("{\"token_ids\": [4, -1]}", {"stdin:2", "token_ids", "got -1"});
  refused_line("{\"token_ids\": [1e9]}", {"stdin:2", "token_ids"});
  check_refused({"letters", "--prompt-file", "nowhere"}, 4, {"nowhere"});
  check_ends(models().attend({"translate", "letters"}, "a\n"), 5, {"expected a translation model", "attend generate"});
  check_ends(models().attend({"config", "check", "lm.yaml", "--set", "generation.top_p=2"}), 3, {"generation.top_p"});
  const TinyRun translation;
  REQUIRE(translation.train().exit_code == 0);
  check_ends(translation.attend({"generate", "run", "--prompt", "a"}), 5,
             {"expected a language model", "attend translate"});
}
