// A language model from its text to its numbers: trained, stopped, validated, scored.
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "tests/system/tiny.h"

namespace fs = std::filesystem;
using namespace attend::test;
using nlohmann::json;

namespace {

constexpr const char* kLanguageConfig = R"(version: 1
task: language_model
output: run
runtime: {device: cpu, precision: fp32, threads: 1}
data:
  train: {text: text, documents: line}
  validation: {fraction: 0.1}
  tokenizer: {type: char}
  block_size: 16
  sampling: random_blocks
  batch: {size: 4, unit: sequences}
model:
  architecture: decoder
  d_model: 32
  num_heads: 2
  d_ff: 64
  decoder_layers: 2
  dropout: 0.1
  position: {type: learned, max_length: 16}
training:
  max_steps: 12
  optimizer: {lr: 3e-3}
  schedule: {warmup_steps: 4}
  validate_every: 6
  save_every: 4
  log_every: 3
)";

class Language {
 public:
  Language() {
    scratch.file("lm.yaml", kLanguageConfig);
    std::string text;
    for (const auto& word : random_words(300, 1)) text += word + " " + word + "\n";
    scratch.file("text", text);
  }
  ProcessResult attend(std::vector<std::string> arguments) const {
    ProcessOptions options;
    options.directory = scratch.path().string();
    return run_attend(arguments, options);
  }
  ProcessResult train(const Lines& settings = {}) const {
    std::vector<std::string> arguments{"train", "lm.yaml"};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return attend(arguments);
  }
  void check_refused(const Lines& settings, int code, const Lines& messages) const {
    check_ends(train(settings), code, messages);
    CHECK_FALSE(fs::exists(scratch / "run"));
  }
  std::string file(const std::string& name) const { return slurp(scratch / name); }

  Scratch scratch;
};

// Metrics, less what a clock says.
std::vector<json> metrics_of(const std::string& text) {
  std::vector<json> rows;
  for (const auto& line : lines_of(text)) {
    auto row = json::parse(line);
    for (auto item = row.begin(); item != row.end();)
      item = item.key().starts_with("wall_") ? row.erase(item) : std::next(item);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

TEST_CASE("language: a text whose end is validated on is read once", "[system]") {
  const Language given;
  const auto result = given.train({"data.train.documents=file"});
  REQUIRE(result.exit_code == 0);
  const auto lines = lines_of(result.err);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("train: text"); }) ==
        1);
}

TEST_CASE("language: a training that stopped and went on is the one that never stopped, bit by bit", "[system]") {
  const std::vector<Lines> kinds{{"data.sampling=random_blocks"},
                                 {"data.sampling=sequential"},
                                 {"data.sampling=sequential", "model.position.type=relative_xl",
                                  "model.memory_length=24", "training.accumulate_steps=3"}};
  for (const auto& kind : kinds) {
    INFO(kind.back());
    const Language whole, parts;
    const auto with = [&](Lines settings) {
      settings.insert(settings.end(), kind.begin(), kind.end());
      return settings;
    };
    check_ends(whole.train(kind), 0, {"final model in"});
    check_ends(parts.train(with({"training.max_steps=5"})), 0, {});
    check_ends(parts.train(kind), 0, {"resuming after update 5"});
    const std::string memory = "run/checkpoints/step-00000012/memory.safetensors";
    CHECK(fs::exists(whole.scratch / memory) == (kind.size() > 2));
    if (kind.size() > 2) CHECK(whole.file(memory) == parts.file(memory));
    for (const std::string name : {"run/final/model.safetensors", "run/checkpoints/step-00000012/model.safetensors",
                                   "run/checkpoints/step-00000012/optimizer.safetensors", "run/final/vocab.json"})
      CHECK(whole.file(name) == parts.file(name));
    CHECK(metrics_of(whole.file("run/metrics.jsonl")).back() == metrics_of(parts.file("run/metrics.jsonl")).back());
  }
}

TEST_CASE("language: metrics have what applies, and validate says them again", "[system]") {
  const Language language;
  check_ends(language.train(), 0, {"documents"});
  const auto rows = metrics_of(language.file("run/metrics.jsonl"));
  const auto& train = rows.front();
  CHECK(train["split"] == "train");
  CHECK(train["target_tokens"] == 3 * 4 * 16);
  CHECK_FALSE(train.contains("source_tokens"));
  const auto& last = rows.back();
  CHECK(last["split"] == "validation");
  CHECK(last["perplexity"].get<double>() == Approx(std::exp(last["nll"].get<double>())));
  const auto again = language.attend({"validate", "lm.yaml", "--model", "run/final", "--format", "json"});
  check_ends(again, 0, {});
  CHECK(json::parse(again.out)["validation"]["nll"].get<double>() == Approx(last["nll"].get<double>()).epsilon(1e-6));
  const auto some = [&] { return language.attend({"validate", "lm.yaml", "--batches", "3"}).out; };
  CHECK(some() == some());
}

TEST_CASE("language: averages, moving averages, fine-tuning and ids in place of text train as well", "[system]") {
  const Language language;
  check_ends(language.train({"training.average_checkpoints=2"}), 0, {"final model in"});
  check_ends(language.train({"output=ema", "training.ema.decay=0.9"}), 0, {"final model in"});
  check_ends(language.train({"output=tuned", "training.initialize_from=run"}), 0, {"weights start from"});
  std::string ids;
  for (int i = 0; i < 2000; ++i) ids += {static_cast<char>(i * i % 50), '\0'};
  language.scratch.file("ids.bin", ids);
  check_ends(language.train({"output=ids", "data.train=[{tokens: {file: ids.bin, vocab_size: 50}}]"}), 0,
             {"vocabulary 50", "final model in"});
  check_ends(
      language.train({"output=ids", "training.max_steps=14", "data.train=[{tokens: {file: ids.bin, vocab_size: 50}}]"}),
      0, {"resuming after update 12"});
  check_ends(language.attend({"model", "average", "run/final", "ema/final", "--output", "mean"}), 0, {});
  check_ends(language.attend({"model", "info", "mean"}), 0, {});
  check_ends(language.attend({"validate", "lm.yaml", "--model", "ids"}), 5, {"trained on ids alone"});
  const auto stream = [](const std::string& more) { return "data.validation=[{tokens: {file: ids.bin" + more + "}}]"; };
  check_ends(language.attend({"validate", "lm.yaml", "--set", stream(""), "--model", "ids"}), 5,
             {"ids.bin", "a model without tokenizer"});
  check_ends(language.attend({"validate", "lm.yaml", "--set", stream(", vocab_size: 60000"), "--model", "run"}), 5,
             {"got ids of one of 60000"});
  const std::string foreign = "data.train=[{tokens: {file: ids.bin, vocab_size: 50000}}]";
  check_ends(language.attend({"validate", "lm.yaml", "--set", foreign, "--model", "run"}), 5,
             {"got ids of one of 50000"});
}

TEST_CASE(
    "language: documents of ids end where data.train.tokens.eos says, whatever the tokenizer's end is, and so do "
    "generated ones",
    "[system]") {
  const Language language;
  // eight letters, a space and four symbols, of which </s> is 3
  check_ends(language.train({"training.max_steps=1"}), 0, {"vocabulary 13"});
  std::string ids;
  for (int i = 0; i < 500; ++i) ids += std::string("\4\0\3\0\3\0\11\0", 8);
  language.scratch.file("ids.bin", ids);
  const Lines settings{"output=ids",
                       "data.train=[{tokens: {file: ids.bin, vocab_size: 13, eos: 9}}]",
                       "data.validation=[{tokens: {file: ids.bin}}]",
                       "data.tokenizer={model: run/final/vocab.json}",
                       "data.sampling=packed",
                       "training.max_steps=60",
                       "training.optimizer.lr=1e-2"};
  check_ends(language.train(settings), 0, {"[data.train.tokens.eos] documents end at id 9, not at 3"});
  // The token behind an end begins another document, and nothing foretells it: one of four, and two of four if 3 were
  // the end.
  CHECK(metrics_of(language.file("ids/metrics.jsonl")).front()["target_tokens"] == 3 * 4 * 16 * 3 / 4);
  language.scratch.file("prompt", "4 3 3\n");
  const auto generated = language.attend(
      {"generate", "ids", "--ids", "--input", "prompt", "--temperature", "0", "--max-new-tokens", "9", "--quiet"});
  check_ends(generated, 0, {});
  CHECK(generated.out == "\n");  // what follows is 9, the end
}

TEST_CASE("language: a text that changes in the middle of a training does not end it", "[system]") {
  const Language language;
  language.scratch.file("dull", std::string(200 * 16, 'a'));
  check_ends(language.train({"data.train=[{text: dull}, {text: text}]", "data.validation=[{text: text}]",
                             "data.sampling=sequential", "data.batch.size=1", "training.max_steps=300",
                             "training.validate_every=300", "training.save_every=50", "training.log_every=10",
                             "training.guard.window=100", "training.schedule={type: constant, warmup_steps: 4}"}),
             0, {"final model in"});
  const auto rows = metrics_of(language.file("run/metrics.jsonl"));
  CHECK(rows[18]["loss"].get<double>() < 0.1);  // updates 181 to 190, of the dull text
  CHECK(rows[20]["loss"].get<double>() > 2.0);  // 201 to 210, of words; a model that knows nothing has ln 13 = 2.6
}

TEST_CASE("language: score gives each document its log-probability, whatever the stride its tokens", "[system]") {
  const Language language;
  check_ends(language.train({"data.train.documents=file"}), 0, {});
  const auto scored = language.attend({"score", "run", "--text", "text"});
  check_ends(scored, 0, {"scored 1 document,", "bits per byte", "context 16, stride 8"});
  // nothing comes before the first
  CHECK(contains(scored.out, attend::concat("\t", language.file("text").size() - 1, "\n")));
  const auto half =
      language.attend({"score", "run", "--text", "text", "--stride", "4", "--format", "jsonl", "--tokens"});
  check_ends(half, 0, {"stride 4"});
  const auto row = json::parse(half.out);
  CHECK(row["tokens"] == language.file("text").size() - 1);
  CHECK(row["token_log_probs"].size() == row["token_ids"].size());
  check_ends(language.attend({"score", "run", "--text", "text", "--context", "17"}), 2, {"--context", "16"});
  check_ends(language.attend({"score", "run", "--text", "text", "--stride", "17"}), 2, {"--stride"});
  check_ends(language.attend({"score", "run", "--source", "text", "--target", "text"}), 5,
             {"expected a translation model, got a language model"});
  check_ends(language.attend({"translate", "run", "--input", "text"}), 5,
             {"expected a translation model, got a language model", "attend generate"});
}

TEST_CASE("language: score and validate are one measure: of windows side by side, and of the segments of a memory",
          "[system]") {
  const std::vector<std::pair<Lines, Lines>> kinds{
      {{}, {"--stride", "16"}},
      {{"data.sampling=sequential", "data.batch.size=1", "model.position.type=relative_xl", "model.memory_length=24"},
       {}}};
  for (const auto& [settings, options] : kinds) {
    const Language language;
    std::string text;
    for (const auto& word : random_words(60, 5)) text += word + "\n";
    language.scratch.file("more", text);
    Lines all{"data.train.documents=file", "data.validation=[{text: more}]"};
    all.insert(all.end(), settings.begin(), settings.end());
    check_ends(language.train(all), 0, {});
    Lines validate{"validate", "lm.yaml", "--model", "run/final", "--format", "json"},
        score{"score", "run/final", "--text", "more"};
    for (const auto& setting : all) validate.insert(validate.end(), {"--set", setting});
    score.insert(score.end(), options.begin(), options.end());
    const auto measured = language.attend(validate), scored = language.attend(score);
    check_ends(measured, 0, {});
    check_ends(scored, 0, {});
    const auto said = json::parse(measured.out)["validation"];
    const double nll = said["nll"].get<double>(), tokens = static_cast<double>(text.size()) - 1;
    CHECK(std::stod(scored.out) == Approx(-nll * tokens).epsilon(1e-5));
    CHECK(contains(scored.out, attend::concat("\t", text.size() - 1, "\n")));
    CHECK(contains(scored.err, "bits per byte " + attend::format_fixed(said["bits_per_byte"].get<double>(), 4)));
  }
}

TEST_CASE("language: score begins a document as training did, and reads the field of JSON lines that training read",
          "[system]") {
  const Language language;
  std::string lines;
  for (const auto& word : random_words(300, 2)) lines += "{\"id\": 1, \"text\": \"" + word + " " + word + "\"}\n";
  language.scratch.file("x.jsonl", lines);
  check_ends(language.train({"data.train=[{text: x.jsonl, field: text}]"}), 0, {"documents"});
  language.scratch.file("two.jsonl",
                        "{\"text\": \"abc abc\", \"other\": \"bb\"}\n{\"text\": \"b\", \"other\": \"abc\"}\n");
  const auto score = [&](Lines more) {
    more.insert(more.begin(), {"score", "run"});
    const auto result = language.attend(more);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return lines_of(result.out);
  };
  language.scratch.file("plain", "abc abc\nb\n");
  const auto by_field = score({"--text", "two.jsonl"});
  CHECK(by_field == score({"--text", "plain", "--field", ""}));
  CHECK(by_field[0].ends_with("\t7"));  // behind the start symbol each token has a score
  CHECK(score({"--text", "two.jsonl", "--field", "other"})[1].ends_with("\t3"));
  check_ends(language.attend({"score", "run", "--text", "plain"}), 4, {"plain:1"});
  check_ends(language.attend({"score", "run", "--text", "two.jsonl", "--field", "none"}), 4,
             {"two.jsonl:1", "--field"});
}

TEST_CASE("bad input: text of a language model", "[system]") {
  const Language language;
  language.scratch.file("latin", "fine\nab\xE9" "c\n");
  language.check_refused({"data.train.text=latin"}, 4, {"latin:2:3", "UTF-8", "0xe9", "iconv"});
  language.check_refused({"data.train.text=nowhere"}, 4, {"nowhere", "check the path"});
  language.scratch.file("short", "abc\n");
  const std::string short_training = "data.train={text: short}", whole = "data.validation={text: text}";
  language.check_refused({short_training, whole}, 4, {"short", "at least data.block_size + 1 = 17 tokens of training"});
  language.check_refused({"data.validation={text: short}", "training.validate_batches=2"}, 4,
                         {"short", "17 tokens of validation"});
  language.scratch.file("four", "ab\ncd\nef\ngh\n");
  language.check_refused({"data.train={text: four, documents: line}", "data.validation={fraction: 0.001}"}, 4,
                         {"four", "no document falls into the share of 0.001 that data.validation.fraction keeps"});
  language.check_refused({"data.train.field=text", "data.train.documents=file"}, 4, {"text:1:1", "JSON"});
  language.scratch.file("ids.bin", std::string("\x05\0\x32\0", 4));
  language.check_refused({"data.train=[{tokens: {file: ids.bin, vocab_size: 50}}]"}, 4,
                         {"ids.bin", "ids below 50, got 50 at place 1"});
}

TEST_CASE("bad input: keys of a language model", "[system]") {
  const Language language;
  language.check_refused({"data.block_size=17"}, 3,
                         {"model.position.max_length: 16 rows are too few: data.block_size", "is 17"});
  language.check_refused({"model.architecture=encoder_decoder"}, 3,
                         {"model.architecture", "is not for this task", "needs decoder"});
  language.check_refused({"task=translation"}, 3,
                         {"data.train.source: missing; task translation needs", "needs encoder_decoder"});
  language.check_refused({"training.validate_metrics=[bleu]"}, 3, {"\"bleu\" is measured on translations"});
  language.check_refused({"data.batch.unit=target_tokens"}, 3, {"data.batch.size: 4 tokens are less than one row"});
  language.check_refused({"data.batch.unit=source_tokens"}, 3, {"there is no source"});
  language.check_refused({"data.train.tokens={file: x}"}, 3, {"text or ids, not both"});
  language.check_refused({"data.train=[{tokens: {file: x}}]"}, 3, {"data.train.tokens.vocab_size: missing"});
  const std::string trained = "data.train=[{tokens: {file: x, vocab_size: 50}}]";
  language.check_refused({trained, "data.validation=[{tokens: {file: x, vocab_size: 60000}}]"}, 3,
                         {"data.validation.tokens.vocab_size: 60000 ids, but the model has 50"});
  language.check_refused({trained, "data.validation=[{tokens: {file: x, eos: 7}}]"}, 3,
                         {"data.validation.tokens.eos: 7 ends no document in training"});
}
