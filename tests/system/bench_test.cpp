// attend bench, and scripts/bench_peers with stand-ins for the peers. Nothing is said here of how fast
// anything is.
#include "attend/config/attention_config.h"
#include "attend/core/json.h"
#include "tests/system/tiny.h"

using namespace attend::test;
using attend::Json;

namespace {

Json measured(const TinyRun& tiny, Lines arguments) {
  arguments.insert(arguments.begin(), "bench");
  arguments.insert(arguments.end(), {"--format", "json", "--threads", "1"});
  const auto result = tiny.attend(arguments);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return attend::parse_json(result.out, "bench");
}

void check_result(const Json& result) {
  INFO(result.dump());
  for (const char* name : {"tokens_per_second", "source_tokens_per_second", "target_tokens_per_second",
                           "gemm_peak_gflops", "fraction_of_peak"})
    CHECK(result.at(name).get<double>() > 0);
  const double padding = result.at("padding_ratio").get<double>();
  CHECK((padding >= 0 && padding < 1));
  CHECK(result.at("fraction_of_peak").get<double>() < 1);
  CHECK(result.at("settings").at("threads").get<int>() == 1);
  CHECK(contains(result.at("versions").at("libtorch").get<std::string>(), "2."));
}

const Lines kSmall{"--set", "model.d_model=32",      "--set", "model.num_heads=2",
                   "--set", "model.d_ff=64",         "--set", "model.encoder_layers=1",
                   "--set", "model.decoder_layers=1"};

Lines with(Lines words, const Lines& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The peers' interface, without what is behind it: options in, one line of JSON out.
void write_stand_ins(const Scratch& scratch) {
  scratch.file("torch.py", "__version__ = '2.0'\n");
  scratch.file("ctranslate2.py", "__version__ = '4.0'\n");
  scratch.file("mt_train.py", "print('{\"src_plus_tgt_tokens_per_s\": 100, \"non_pad\": 0.9}')\n");
  scratch.file("gpt_char.py", "print('{\"tokens_per_s\": 10}')\n");
  scratch.file("mt_decode.py", R"(import json, sys
a = sys.argv
names = json.loads(open(a[a.index("--model") + 1] + "/model.safetensors", "rb").read()[8:].split(b"}}")[0] + b"}}")
assert "decoder.0.norm3.weight" in names and "encoder.0.attention.qkv.bias" in names, names
print(json.dumps(dict(engine="torch 2.0", dtype="bf16" if "--bf16" in a else "fp32", beam=int(a[a.index("--beam") + 1]), seconds=[2.0, 1.0, 4.0],
                      tgt_tokens=300, bleu=12.5)))
if "--out" in a:
    open(a[a.index("--out") + 1], "w").write("x\n" * 20)
)");
  scratch.file("mt_ct2.py", R"(import json
for workers, speed in ((1, 1.0), (2, 0.5)):
    print(json.dumps(dict(engine="ctranslate2 4.0", compute_type="float32", inter=workers, intra=1, beam=5, seconds=[speed], tgt_tokens=300,
                          sentences_per_s=20 / speed, bleu=12.5, same_as_agree=20)))
)");
}

}  // namespace

TEST_CASE("bench train: the config's own text where it is there, made-up sentences where not", "[system]") {
  const TinyRun tiny;
  const Lines lengths{"--warmup", "1", "--windows", "2", "--steps", "1"};
  const Json real = measured(tiny, with({"train", "--config", "tiny.yaml"}, lengths));
  check_result(real);
  CHECK(real["settings"]["data"] == "of the config");
  CHECK(real["window_tokens_per_second"].size() == 2);
  const Lines made_up{"--set", "data.tokenizer.vocab_size=50", "--set", "data.batch.size=256"};
  const Json other = measured(tiny, with(with({"train"}, lengths), with(kSmall, made_up)));
  check_result(other);
  CHECK(other["settings"]["data"] == "made up");
  check_ends(
      tiny.attend(
          {"bench", "train", "--set",
           "data.train=[{source: train.src, target: train.trg}, {source: none.src, target: none.trg}]"}),
      4, {"expected all corpora of data.train or none, found 1 of 2"});
}

TEST_CASE("bench decode: a fresh model decodes as many tokens as it is asked for; a stored one its own text",
          "[system]") {
  const TinyRun tiny;
  const Lines lengths{"--warmup", "0", "--windows", "1"};
  check_result(
      measured(tiny, with(with({"decode", "--set", "data.tokenizer.vocab_size=50"}, lengths), kSmall)));
  check_ends(tiny.train(), 0, {"final model"});
  const Json stored =
      measured(tiny, with({"decode", "--model", "run", "--set", "decoding.beam_size=1"}, lengths));
  check_result(stored);
  CHECK(stored["settings"]["text"] == "validation.src");
  CHECK(stored["settings"]["beam"] == 1);
  check_ends(tiny.attend({"bench", "decode", "--model", "run", "--input", "nowhere"}), 2,
             {"expected text to translate, got nowhere"});
  check_ends(tiny.attend({"bench", "decode", "--model", "run", "--config", "tiny.yaml"}), 2, {"not both"});
}

TEST_CASE("bench gemm: squares, and the products of a config's layers", "[system]") {
  const TinyRun tiny;
  const Json squares = measured(tiny, {"gemm"}), layers = measured(tiny, {"gemm", "--config", "tiny.yaml"});
  CHECK(squares.at("gemm_peak_gflops").get<double>() > 0);
  CHECK(layers.at("rows").size() > squares.at("rows").size());
  const auto text = tiny.attend({"bench", "gemm", "--threads", "1"});
  CHECK(contains(text.out, "gemm_peak_gflops"));
  CHECK(contains(text.out, "precision bf16"));
}

TEST_CASE("bench attention: every attention at every length up to the tokens, with time and memory", "[system]") {
  const TinyRun tiny;
  const Json result = measured(tiny, {"attention", "--tokens", "1024", "--use", "both", "--set", "model.num_heads=2",
                                      "--set", "model.d_model=32"});
  REQUIRE(result.at("rows").size() == attend::AttentionConfig::kRows.size() * 2 * 2);  // types, uses, lengths
  for (const auto& row : result.at("rows")) {
    CHECK(row.at("milliseconds").get<double>() > 0);
    CHECK(row.at("bytes").get<std::int64_t>() > row.at("length").get<std::int64_t>());
  }
}

TEST_CASE("bench_peers: programs are run in turns on one model, and the page has medians and ratios",
          "[system]") {
  const TinyRun tiny;
  write_stand_ins(tiny.scratch);
  const std::string source = test_environment("ATTEND_SOURCE"), here = tiny.path("").string();
  for (const std::string language : {"en", "de"})
    for (const std::string part : {"train", "val", "test_2016_flickr"})
      std::filesystem::copy(source + "/data/numbers/validation." + language,
                            tiny.path(part + "." + language));
  Lines train{"train", source + "/configs/multi30k_en_de.yaml", "--threads", "1"};
  for (const std::string setting :
       {"output=small", "model.d_model=32", "model.d_ff=32", "model.encoder_layers=1",
        "model.decoder_layers=1", "data.tokenizer.vocab_size=300", "training.max_steps=1",
        "training.average_checkpoints=0", "training.validate_batches=1", "data.train.source=train.en",
        "data.train.target=train.de", "data.validation.source=val.en", "data.validation.target=val.de"})
    train.insert(train.end(), {"--set", setting});
  check_ends(tiny.attend(train), 0, {"final model"});
  ProcessOptions options;
  options.environment["PYTHONPATH"] = here;
  const auto result = run_process(source + "/scripts/bench_peers",
                                  {"--peers", here, "--data", here, "--text", source + "/data/numbers/validation.en",
                                   "--model", here + "/small", "--attend", test_environment("ATTEND_BINARY"), "--work",
                                   here + "/work", "--output", here + "/page.md", "--preload", "none", "--quick"},
                                  options);
  check_ends(result, 0, {"wrote"});
  const std::string page = slurp(tiny.path("page.md"));
  INFO(page);
  for (const std::string part :
       {"# Performance", "## Training", "## Training a language model", "## Decoding",
        "| PyTorch eager fp32 | 100 | - |", "| PyTorch eager fp32 | 10 | - |", "| 5 | PyTorch fp32 | 150 |",
        "| 5 | CTranslate2 float32 | 600 |", "PyTorch 2.0, CTranslate2 4.0"})
    CHECK(contains(page, part));
}
