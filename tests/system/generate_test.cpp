// attend generate as a user types it, on models of a few updates: one of characters, one of bytes, which writes anything.
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
    check_ends(attend({"train", "lm.yaml", "--set", "output=bytes", "--set", "data.tokenizer.type=byte", "--set", "training.max_steps=2"}), 0, {});
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
  CHECK(json::parse(a[3]) == json::parse(R"({"prompt":2,"sample":1,"text":"","tokens":0,"log_prob":0.0})"));
  CHECK(result_of(other, prompts) != once);
}

TEST_CASE("generate: what is streamed is what is printed whole, in whole characters", "[system]") {
  for (const std::string model : {"letters", "bytes"})
    for (const Lines& more : {Lines{}, Lines{"--samples", "3", "--echo"}, Lines{"--stop", "b", "--stop", "\n", "--temperature", "1.5"}}) {
      Lines options{model};
      options.insert(options.end(), more.begin(), more.end());
      const std::string input = "abc\n\nfgh\n", whole = result_of(options, input);
      options.push_back("--stream");
      CHECK(result_of(options, input) == whole);
      CHECK(attend::is_valid_utf8(whole));
    }
}

TEST_CASE("generate: greedy, beam search, stop strings, echo and what comes without a prompt", "[system]") {
  const std::string greedy = result_of({"letters", "--prompt", "abc", "--temperature", "0"});
  CHECK(result_of({"letters", "--prompt", "abc", "--temperature", "0", "--seed", "9"}) == greedy);
  CHECK(result_of({"letters", "--prompt", "abc", "--beam", "1"}) == greedy);
  CHECK(result_of({"letters", "--prompt", "abc", "--top-k", "1", "--echo"}) == "abc" + greedy);
  CHECK(lines_of(result_of({"letters", "--prompt", "abc", "--beam", "3", "--samples", "3", "--format", "jsonl"})).size() == 3);
  const std::string stop = greedy.substr(5, 3);
  CHECK(result_of({"letters", "--prompt", "abc", "--temperature", "0", "--stop", stop}) == greedy.substr(0, greedy.find(stop)) + "\n");
  CHECK(result_of({"letters", "--prompt", ""}).size() > 1);
  CHECK(result_of({"letters"}, "\n") == "\n");
  CHECK(result_of({"letters"}).empty());
  CHECK(result_of({"letters", "--prompt", "a", "--samples", "2", "--max-new-tokens", "1", "--top-k", "1", "--ban", "\n"}).substr(1, 12) == "\n----------\n");
}

TEST_CASE("generate: a prompt beyond the context loses its beginning with a warning, and text goes on beyond it", "[system]") {
  const std::string end = "abc bcd cde abcd";  // 16 characters
  const Lines greedy{"letters", "--max-new-tokens", "40", "--temperature", "0"};
  const auto cropped = generate(greedy, "hh" + end + "\n");
  check_ends(cropped, 0, {"prompt 1", "at most 16", "got 18"});
  CHECK(cropped.out == result_of(greedy, end + "\n"));
  CHECK(cropped.out.size() == 41);
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
  for (const char* option : {"--temperature", "--min-p", "--repetition-penalty", "--presence-penalty", "--frequency-penalty"})
    refused({option, "nan"}, 2, {option, "got nan"});
  refused({"--input", "text"}, 2, {"--prompt, --input"});
  refused({"--beam", "2", "--top-k", "3"}, 2, {"--beam"});
  refused({"--beam", "2", "--samples", "3"}, 2, {"--samples", "at most the beam of 2"});
  refused({"--beam", "2", "--stream"}, 2, {"--stream"});
  refused({"--stream", "--format", "jsonl"}, 2, {"--stream", "jsonl"});
  refused({"--stop", ""}, 2, {"--stop"});
  refused({"--context", "25"}, 2, {"--context", "at most 24"});
  refused({"--format", "josnl"}, 2, {"did you mean \"jsonl\"?"});
  refused({"--draft", "letters"}, 2, {"--draft: not yet"});
  check_refused({"letters", "--prompt", "a\nb\xFF"}, 4, {"--prompt:2:2", "UTF-8"});
  check_refused({"letters"}, 4, {"stdin:2:2", "UTF-8"}, "a\nb\xFF\n");
  check_ends(models().attend({"translate", "letters"}, "a\n"), 5, {"expected a translation model", "attend generate"});
  check_ends(models().attend({"config", "check", "lm.yaml", "--set", "generation.top_p=2"}), 3, {"generation.top_p"});
  const TinyRun translation;
  REQUIRE(translation.train().exit_code == 0);
  check_ends(translation.attend({"generate", "run", "--prompt", "a"}), 5, {"expected a language model", "attend translate"});
}
