// Training data as a user meets it: formats, mixtures, the cache, and what a run says when its text changed.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/gzip.h"
#include "tests/system/run_files.h"

namespace fs = std::filesystem;
using namespace attend::test;
using nlohmann::json;

namespace {

constexpr const char* kSmall = R"(version: 1
output: run
runtime: {device: cpu, precision: fp32, threads: 1}
data:
  train:
    - {name: names, tsv: names.tsv, weight: 3, source_prefix: <n>}
    - {source: train.src, target: train.trg, source_prefix: <c>}
  validation: {fraction: 0.1, name: held_out}
  tokenizer: {algorithm: unigram, vocab_size: 60, user_symbols: [<n>, <c>], sampling: {alpha: 0.2}}
  max_length: 32
  batch: {size: 32, unit: sequences, pool: 3}
model: {d_model: 16, num_heads: 2, d_ff: 32, encoder_layers: 1, decoder_layers: 1, dropout: 0.1}
training: {max_steps: 24, optimizer: {lr: 3e-3}, schedule: {warmup_steps: 6}, validate_every: 12, save_every: 12, log_every: 6}
)";

// Two corpora, one of them a TSV, drawn segmentations, and validation on what is held out.
class Mixed : public TinyRun {
 public:
  Mixed() {
    scratch.file("mixed.yaml", kSmall);
    std::string tsv;
    for (const auto& word : random_words(100, 3)) tsv += word + "\t" + reversed({word}).front() + "\n";
    scratch.file("names.tsv", tsv);
  }
  ProcessResult mixed(const std::string& output, int steps, Lines more = {}) const {
    Lines arguments{
        "train", "mixed.yaml", "--set", "output=" + output, "--set", "training.max_steps=" + std::to_string(steps)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return attend(arguments);
  }
  // Of the weights and the optimizer after the last update.
  json hashes(const std::string& output, int steps) const {
    const auto number = std::to_string(steps);
    const auto checkpoint = path(output) / "checkpoints" / ("step-" + std::string(8 - number.size(), '0') + number);
    const json files = json::parse(slurp(checkpoint / "manifest.json")).at("files");
    return {files.at("model.safetensors"), files.at("optimizer.safetensors"), files.at("tokenizer.model")};
  }
};

}  // namespace

TEST_CASE("data: mixed corpora, drawn segmentations and held-out pairs resume bit by bit, with the cache or without",
          "[system]") {
  const Mixed tiny;
  check_ends(tiny.mixed("straight", 24), 0, {"names: names.tsv", "train_2: train.src and train.trg", "held_out"});
  check_ends(tiny.mixed("halves", 12), 0, {});
  check_ends(tiny.mixed("halves", 24), 0, {"resuming after update 12"});
  CHECK(tiny.hashes("halves", 24) == tiny.hashes("straight", 24));
  check_ends(tiny.mixed("without", 12), 0, {});
  CHECK(fs::exists(tiny.path("without/data/train-2/body.bin")));
  fs::remove_all(tiny.path("without/data"));
  check_ends(tiny.mixed("without", 24), 0, {"resuming after update 12"});
  CHECK(tiny.hashes("without", 24) == tiny.hashes("straight", 24));
  for (const auto& line : metrics_of(tiny.path("straight")))
    CHECK((line["split"] == "train" || line["split"] == "held_out"));
}

TEST_CASE("data: a TSV, gzip and two plain files train the same model", "[system]") {
  const TinyRun tiny;
  const auto hash = [&](const std::string& output, const Lines& settings) {
    Lines all = settings;
    all.push_back("output=" + output);
    const auto result = tiny.train(all);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return json::parse(slurp(tiny.path(output) / "final/manifest.json")).at("files").at("model.safetensors");
  };
  const auto plain = hash("plain", {});
  std::istringstream source(slurp(tiny.path("train.src"))), target(slurp(tiny.path("train.trg")));
  std::string tsv;
  for (std::string from, to; std::getline(source, from) && std::getline(target, to);) tsv += from + "\t" + to + "\r\n";
  tiny.scratch.file("train.tsv", "\xEF\xBB\xBF" + tsv);
  tiny.scratch.file("train.tsv.gz", gzipped(tsv));
  CHECK(hash("tsv", {"data.train.source=\"\"", "data.train.target=\"\"", "data.train.tsv=train.tsv"}) == plain);
  CHECK(hash("gzip", {"data.train.source=\"\"", "data.train.target=\"\"", "data.train.tsv=train.tsv.gz"}) == plain);
  tiny.scratch.file("blank.src", slurp(tiny.path("train.src")) + "\nabc\n\n");
  tiny.scratch.file("blank.trg", slurp(tiny.path("train.trg")) + "abc\n \n\n");
  check_ends(tiny.train({"output=blank", "data.train.source=blank.src", "data.train.target=blank.trg"}), 0,
             {"300 pairs", "3 pairs with an empty side are left out"});
}

TEST_CASE("data: a TSV with a missing tab is named with its line, and nothing is left", "[system]") {
  const Mixed tiny;
  tiny.scratch.file("names.tsv", "ab\tba\ncd dc\n");
  check_ends(tiny.mixed("run", 12), 4, {"names.tsv:2:1", "no tab"});
  CHECK_FALSE(fs::exists(tiny.path("run")));
}

TEST_CASE("data: text that shrank between two parts of a run is named, and nothing is lost", "[system]") {
  const Mixed tiny;
  check_ends(tiny.mixed("run", 12), 0, {});
  const auto source = slurp(tiny.path("train.src")), target = slurp(tiny.path("train.trg"));
  const auto half = [](const std::string& text) { return text.substr(0, text.find('\n', text.size() / 2) + 1); };
  tiny.scratch.file("train.src", half(source));
  tiny.scratch.file("train.trg", half(target));
  check_ends(tiny.mixed("run", 24), 4,
             {"train.src", "the text that this run trained on", "bytes instead of", "--fresh"});
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000012/manifest.json")));
  tiny.scratch.file("train.src", source);
  tiny.scratch.file("train.trg", target);
  check_ends(tiny.mixed("run", 24), 0, {"resuming after update 12"});
}

TEST_CASE("data: --fresh with a fault of the data keeps the former run where it is", "[system]") {
  const Mixed tiny;
  check_ends(tiny.mixed("run", 12), 0, {});
  const auto names = slurp(tiny.path("names.tsv"));
  tiny.scratch.file("names.tsv", "no tab\n");
  check_ends(tiny.mixed("run", 12, {"--fresh"}), 4, {"names.tsv:1:1"});
  CHECK(fs::exists(tiny.path("run/checkpoints/step-00000012/manifest.json")));
  CHECK_FALSE(fs::exists(tiny.path("run.old-1")));
  tiny.scratch.file("names.tsv", names + "ab\tba\n");
  check_ends(tiny.mixed("run", 12, {"--fresh"}), 0, {"the former run is now"});
  CHECK(fs::exists(tiny.path("run.old-1/checkpoints/step-00000012/manifest.json")));
}

TEST_CASE("data: a prefix of several pieces is warned of", "[system]") {
  const Mixed tiny;
  check_ends(
      tiny.mixed("run", 12,
                 {"--set", "data.tokenizer.user_symbols=[<n>]", "--set", "data.tokenizer.vocab_size=50", "--dry-run"}),
      0, {"[train_2.source_prefix]", "data.tokenizer.user_symbols"});
}

TEST_CASE("data: batch.size auto is measured once, saved, and kept by a run that goes on", "[system]") {
  const Mixed tiny;
  const Lines automatic{"--set", "data.batch.size=auto", "--set", "data.batch.unit=padded_tokens",
                        "--set", "data.max_length=16"};
  check_ends(tiny.mixed("run", 6, automatic), 0, {"data.batch.size: auto is"});
  const auto config = slurp(tiny.path("run/config.yaml"));
  CHECK(config.find("size: auto") == std::string::npos);
  const auto again = tiny.mixed("run", 9, automatic);
  check_ends(again, 0, {"resuming after update 6"});
  CHECK_FALSE(contains(again.err, "data.batch.size"));
  CHECK(slurp(tiny.path("run/config.yaml")).find("size: auto") == std::string::npos);
}
