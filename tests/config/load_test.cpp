// Reading: what is taken, what is refused, and where the message points.
#include "attend/config/load.h"

#include <random>

#include "attend/config/print.h"
#include "tests/config/faults.h"
#include "tests/support/scratch.h"

using namespace attend;
using namespace std::string_literals;

namespace {

const std::string kData = R"(data:
  train: {source: train.en, target: train.de}
  validation: {source: val.en, target: val.de}
)";

// The contract's example with the keys that exist; its values are the defaults but for output and the four
// files.
const std::string kContract = R"(version: 1
task: translation              # translation | language_model
output: runs/multi30k
seed: 1
runtime: {device: auto, precision: auto, threads: 0}        # 0: all

data:
  train:      {source: train.en, target: train.de}
  validation: {source: val.en, target: val.de}
  tokenizer:  {type: sentencepiece, algorithm: bpe, vocab_size: 10000, shared: true, character_coverage: 1.0, byte_fallback: false, user_symbols: [], options: {}, sampling: {alpha: 0.0}}
  max_length: 256
  over_length: skip
  batch: {size: 4096, unit: target_tokens, pool: 100, round_to: 8}

model:
  architecture: encoder_decoder
  d_model: 512
  num_heads: 8
  num_kv_heads: auto
  d_head: auto
  d_ff: 2048
  encoder_layers: 6
  decoder_layers: 6
  activation: relu
  norm: layer_norm
  norm_position: pre
  norm_eps: 1e-5
  final_norm: auto
  embedding_norm: false
  bias: true
  qkv_bias: auto
  dropout: 0.1
  attention_dropout: 0.1
  activation_dropout: 0.0
  embedding_dropout: auto
  tie_embeddings: auto
  scale_embeddings: auto
  output_bias: false
  recompute: false
  init: {scheme: xavier_uniform, std: 0.02, scale_residual: false}
  position: {type: sinusoidal, layout: halves}
  attention: {type: full}

training:
  max_steps: 100000
  optimizer: {type: adam, lr: 5e-4, betas: [0.9, 0.98], eps: 1e-9, weight_decay: 0.0, decay: matrices, groups: []}
  schedule: {type: inverse_sqrt, warmup_steps: 4000, warmup_init_lr: 0.0, min_lr: 0.0, decay_steps: 0, factor: 0.5, patience: 3}
  label_smoothing: auto
  clip_norm: 1.0
  accumulate_steps: 1
  ema: {decay: 0.0}
  average_checkpoints: 0
  validate_every: 500
  validate_batches: 0
  validate_metrics: [loss]
  best_metric: auto
  save_every: 500
  keep_checkpoints: 5
  early_stopping: {patience: 0}
  guard: {max_skipped: 20, sigma: 5.0, window: 1000, rollbacks: 1}
  initialize_from: null
  log_every: 50

decoding: {beam_size: 5, candidates: 2, length_penalty: {type: average, alpha: 1.0}, coverage_penalty: 0.0, min_length: 0, max_length: auto, max_length_ratio: 2.0, max_length_offset: 50, repetition_penalty: 1.0, no_repeat_ngram: 0, ban: [<unk>], distinct: false, stop: {rule: finished, patience: 1.0}}
)";

}  // namespace

TEST_CASE("config: the example of the contract holds the defaults") {
  Config defaults;
  defaults.output = "runs/multi30k";
  defaults.data.train.front().source = "train.en";
  defaults.data.train.front().target = "train.de";
  defaults.data.validation.emplace_back();
  defaults.data.validation.front().source = "val.en";
  defaults.data.validation.front().target = "val.de";
  resolve(defaults);
  const Config read = parse_config(kContract, "contract.yaml").config;
  for (const auto& change : compare_configs(defaults, read))
    FAIL(change.path << ": " << change.before << " / " << change.after);
}

TEST_CASE("config: automatic values follow their neighbours, and resolving twice changes nothing") {
  Config config =
      parse_config("model: {d_model: 96, num_heads: 6, norm_position: post, bias: false, dropout: 0.25}",
                   "a.yaml")
          .config;
  CHECK(config.model.num_kv_heads == 6);
  CHECK(config.model.d_head == 16);
  CHECK(config.model.final_norm == false);
  CHECK(config.model.qkv_bias == false);
  CHECK(config.model.embedding_dropout == 0.25);
  CHECK(config.model.scale_embeddings == true);
  CHECK(config.model.tie_embeddings == TieEmbeddings::all);
  CHECK(config.training.label_smoothing == 0.1);
  const std::string once = print_config(config);
  resolve(config);
  CHECK(print_config(config) == once);
  CHECK(parse_config("data: {tokenizer: {shared: false}}", "a.yaml").config.model.tie_embeddings ==
        TieEmbeddings::decoder);
}

TEST_CASE("config: the longest translation is the longest sequence of training, unless it is given") {
  CHECK(parse_config("data: {max_length: 1000}", "a.yaml").config.decoding.max_length == 1000);
  CHECK(parse_config("data: {max_length: 1000}\ndecoding: {max_length: 7}", "a.yaml").config.decoding.max_length == 7);
  CHECK_THROWS_AS(parse_config("data: {max_length: 100}\ndecoding: {min_length: 101}", "a.yaml"), ConfigError);
  const std::string learned = "model: {position: {type: learned, max_length: 64}}\n";
  CHECK(parse_config(learned + "data: {max_length: 64}", "a.yaml").config.decoding.max_length == 64);
  CHECK_THROWS_AS(parse_config(learned + "data: {max_length: 64}\ndecoding: {max_length: 65}", "a.yaml"), ConfigError);
}

TEST_CASE("config: keys of some sections can be changed in a config that is there, and no others") {
  const Config config = parse_config("decoding: {beam_size: 7, length_penalty: {alpha: 2}}", "a.yaml").config;
  const Config changed = change_config(
      config, {"decoding.length_penalty.type=gnmt", "decoding.ban=[]", "decoding.beam_size=3", "decoding.beam_size=4"},
      {"decoding"});
  CHECK(changed.decoding.beam_size == 4);
  CHECK(changed.decoding.length_penalty.type() == LengthPenaltyType::gnmt);
  CHECK(changed.decoding.length_penalty.as<GnmtPenalty>().alpha == 2);
  CHECK(changed.decoding.ban.empty());
  // A map takes the place of all that stood there, here as in train.
  const auto penalty = [](const Config& from, const std::string& set) {
    return change_config(from, {"decoding.length_penalty=" + set}, {"decoding"}).decoding.length_penalty;
  };
  CHECK(penalty(config, "{type: gnmt}").as<GnmtPenalty>().alpha == 1);
  CHECK(penalty(changed, "{alpha: 0.5}").type() == LengthPenaltyType::average);
  CHECK(print_config(change_config(config, {}, {"decoding"})) == print_config(config));
  CHECK(change_config(change_config(config, {"decoding.max_length=9"}, {"decoding"}), {"decoding.max_length=auto"},
                      {"decoding"})
            .decoding.max_length == 256);
  const auto fault = [&](const std::string& set, const std::vector<std::string>& sections = {"decoding"}) {
    try {
      change_config(config, {set}, sections);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(fault("decoding.beam_size=0"), has("must be between 1 and 1,000, got 0"));
  CHECK_THAT(fault("decoding.beam_sise=3"), has("did you mean \"beam_size\"?"));
  CHECK_THAT(fault("decoding.stop.rule=never"), has("\"never\" is none of finished, bound"));
  CHECK_THAT(fault("decoding.min_length=500"), has("500 leaves no room for the end symbol in the longest output"));
  CHECK_THAT(fault("beam_size=3"),
             has("only keys of decoding can be changed here, did you mean \"decoding.beam_size\"?"));
  CHECK_THAT(fault("training.optimizer.lr=1"), has("training.optimizer.lr: only keys of decoding can be changed here"));
  CHECK_THAT(fault("generation.seed=1"), has("only keys of decoding"));
  const Config language = parse_config("task: language_model\nmodel: {architecture: decoder}", "a.yaml").config;
  CHECK(change_config(language, {"generation.seed=2"}, {"decoding", "generation"}).generation.seed == 2);
  CHECK_THAT(fault("decoding"), has("expected KEY=VALUE"));
}

TEST_CASE("config: four mistakes are four lines, in order, and a count") {
  const std::string yaml = kData + R"(model:
  dropuot: 0.3
  num_heads: many
  attention:
    tpye: full
training:
  optimizer: {lr: -1}
)";
  CHECK(faults_of(yaml) ==
        "a.yaml:5:3   model.dropuot: unknown key, did you mean \"dropout\"?\n"
        "a.yaml:6:14  model.num_heads: expected an integer, got \"many\"\n"
        "a.yaml:8:5   model.attention.tpye: unknown key, did you mean \"type\"?\n"
        "a.yaml:10:19 training.optimizer.lr: must be between 0 and 1,000,000, got -1\n"
        "4 errors");
  CHECK(faults_of("seed: x") == "a.yaml:1:7 seed: expected an integer, got \"x\"\n1 error");
}

TEST_CASE("config: an unknown key names the nearest word, near by first, then elsewhere") {
  CHECK_THAT(faults_of("model: {dropot: 0.1}"), has("did you mean \"dropout\"?"));
  CHECK_THAT(faults_of("training: {lr: 0.1}"), has("did you mean \"training.optimizer.lr\"?"));
  CHECK_THAT(faults_of("d_model: 8"), has("did you mean \"model.d_model\"?"));
  CHECK_THAT(faults_of("model: {attention: {zzzzzz: 8}}"), has("known here: type, implementation"));
  CHECK_THAT(faults_of("model: {norm: rmsnorm}"),
             has("a.yaml:1:15 model.norm: \"rmsnorm\" is none of layer_norm, rms_norm, none, did you mean "
                 "\"rms_norm\"?"));
}

TEST_CASE("config: periods count updates, epochs or target tokens") {
  const auto period = [](const std::string& text) {
    return parse_config("training: {save_every: " + text + "}", "a").config.training.save_every;
  };
  CHECK(period("500") == Period{500, PeriodUnit::updates});
  CHECK(period("1e3") == Period{1000, PeriodUnit::updates});
  CHECK(period("2e") == Period{2, PeriodUnit::epochs});
  CHECK(period("7t") == Period{7, PeriodUnit::target_tokens});
  CHECK(period("30kt") == Period{30'000, PeriodUnit::target_tokens});
  CHECK(period("10Mt") == Period{10'000'000, PeriodUnit::target_tokens});
  for (const std::string text : {"500", "2e", "7t", "30kt", "10Mt", "2Gt"}) CHECK(format_period(period(text)) == text);
  for (const std::string wrong :
       {"0", "0e", "-1", "1.5", "e", "10M", "10mt", "02e", "1 e", "1.5e", "99999999999Gt", "\"2e\"", "[2]"}) {
    INFO(wrong);
    CHECK_THAT(faults_of("training: {save_every: " + wrong + "}"), has("training.save_every: expected updates (500)"));
  }
}

TEST_CASE("config: corpora and validation sets come alone or in lists, and get names") {
  const Config one = parse_config("data: {train: {tsv: a}, validation: {fraction: 0.1}}", "a").config;
  CHECK((one.data.train.size() == 1 && one.data.train[0].name == "train" && one.data.train[0].weight == 1.0));
  CHECK((one.data.validation.size() == 1 && one.data.validation[0].fraction == 0.1));
  const Config more =
      parse_config("data: {train: [{tsv: a, weight: 2}, {tsv: b, name: web}], validation: [{tsv: c}, {tsv: d}]}", "a")
          .config;
  CHECK((more.data.train[0].name == "train" && more.data.train[1].name == "web" && more.data.train[0].weight == 2.0));
  CHECK((more.data.validation[0].name == "validation" && more.data.validation[1].name == "validation_2"));
}

TEST_CASE("config: types are what they look like") {
  CHECK(parse_config("training: {max_steps: 1e5}", "a").config.training.max_steps == 100000);
  CHECK(parse_config("model: {dropout: 0}", "a").config.model.dropout == 0.0);
  CHECK(parse_config("output: 2026", "a").config.output == "2026");
  CHECK(parse_config("output: \"gr\\u00fcn\"", "a").config.output == "gr\xC3\xBCn");
  for (const std::string wrong : {"010", "0x10", "0o7", "1.5", "\"8\"", "1_000", "1e-3", "+8", ".inf", ".nan",
                                  "true", "[8]", "{a: 8}", "~", "null", "", "99999999999999999999"}) {
    INFO(wrong);
    CHECK_THAT(faults_of("training:\n  max_steps: " + wrong), has("training.max_steps: "));
  }
  for (const std::string wrong : {"yes", "on", "True", "1", "\"true\"", "y", "off"})
    CHECK_THAT(faults_of("model: {bias: " + wrong + "}"), has("expected true or false"));
  for (const std::string wrong : {".inf", "-.inf", ".nan", "inf", "nan", "1e999", "0x1p3"})
    CHECK_THAT(faults_of("training: {clip_norm: " + wrong + "}"), has("training.clip_norm: "));
  CHECK_THAT(faults_of("training: {clip_norm: -1}"), has("must be between 0 and 1,000,000,000, got -1"));
  CHECK_THAT(faults_of("model: {dropout: 1}"), has("must be between 0 and 1 (1 excluded), got 1"));
  CHECK_THAT(faults_of("training:\n"), has("training: expected keys below it"));
  CHECK_THAT(faults_of("data: {tokenizer: {user_symbols: a}}"), has("expected a [list]"));
  CHECK_THAT(faults_of("output: \"a\\0b\""), has("NUL"));
  CHECK_THAT(faults_of("model: {num_kv_heads: Auto}"), has("expected an integer or auto"));
}

TEST_CASE("config: later files lie upon earlier ones, --set upon all") {
  const test::Scratch scratch;
  const auto base = scratch.file(
      "base.yaml", kData + "model: {d_model: 64, num_heads: 4, attention: [{type: full}, {type: full}]}\n");
  const auto over =
      scratch.file("over.yaml", "model:\n  d_model: 128\n  attention: {implementation: reference}\n");
  const auto loaded = load_config(
      {base, over}, {"training.optimizer.betas=[0.8, 0.9]", "seed=3", "seed=4", "decoding={beam_size: 2}"});
  CHECK(loaded.config.model.d_model == 128);
  CHECK(loaded.config.model.num_heads == 4);
  REQUIRE(loaded.config.model.attention.size() == 1);
  CHECK(loaded.config.model.attention[0].as<FullOptions>().implementation == AttentionImplementation::reference);
  CHECK(*loaded.config.training.optimizer.betas() == std::vector<double>{0.8, 0.9});
  CHECK(loaded.config.seed == 4);
  CHECK(loaded.config.decoding.beam_size == 2);
  CHECK(loaded.origins.at("model.d_model").text == over.string() + ":2:12");
  CHECK(loaded.origins.at("model.d_head").text == "derived from d_model / num_heads");
  CHECK(loaded.origins.at("model.d_ff").text == "default");
  CHECK(loaded.origins.at("seed").text == "--set seed=4");
}

TEST_CASE("config: a fault in --set names the --set") {
  CHECK(faults_of("seed: 1", {"training.lr=fast"}) ==
        "--set training.lr=fast training.lr: unknown key, did you mean \"training.optimizer.lr\"?\n1 error");
  CHECK_THAT(faults_of("seed: 1", {"seed"}), has("expected KEY=VALUE"));
  CHECK_THAT(faults_of("seed: 1", {"=3"}), has("expected KEY=VALUE"));
  CHECK_THAT(faults_of("seed: 1", {"a..b=3"}), has("expected KEY=VALUE"));
  CHECK_THAT(faults_of("seed: 1", {"seed="}), has("seed: no value"));
  CHECK_THAT(faults_of("seed: 1", {"seed=[1"}), has("--set seed=[1 seed: expected a number"));
  CHECK_THAT(faults_of("model: {norm: x}\n", {"seed=x"}), has("2 errors"));
}

TEST_CASE("config: files that are missing, empty or no text are refused") {
  CHECK_THROWS_AS(load_config({"/nonexistent/a.yaml"}), ConfigError);
  CHECK_THROWS_AS(load_config({std::filesystem::temp_directory_path()}), ConfigError);
  CHECK_THROWS_AS(load_config({}), ConfigError);
}

TEST_CASE("config: the data must be named where it will be read, and only there") {
  const test::Scratch scratch;
  const auto file = scratch.file("a.yaml", "data:\n  train: {source: a}\n");
  const std::string faults = faults_in([&] { load_config({file}); });
  CHECK_THAT(faults, has(":2:3 data.train.target: missing"));
  CHECK_THAT(faults, has("1 error"));
  CHECK_NOTHROW(parse_config("seed: 1", "model/config.yaml"));
}

TEST_CASE("config: without a validation set what compares validations is refused, and nothing else") {
  const test::Scratch scratch;
  for (const std::string validation : {"", ", validation: null", ", validation: []", ", validation:"}) {
    const auto given = [&](const std::string& training) {
      return scratch.file("a.yaml", "data: {train: {tsv: a}" + validation + "}\ntraining: {" + training + "}\n");
    };
    const auto loaded = load_config({given("max_steps: 5, average_checkpoints: 2")}).config;
    CHECK(loaded.data.validation.empty());
    CHECK(load_config({scratch.file("again.yaml", print_config(loaded))}).config.data.validation.empty());
    for (const std::string key : {"early_stopping: {patience: 3}", "schedule: {type: plateau}", "best_metric: loss"}) {
      const std::string faults = faults_in([&] { load_config({given(key)}); });
      CHECK_THAT(faults, has("training." + key.substr(0, key.find(':'))));
      CHECK_THAT(faults, has("there is no data.validation"));
      CHECK_THAT(faults, has("1 error"));
    }
  }
  // A later file takes a set away.
  const auto with = scratch.file("with.yaml", "data: {train: {tsv: a}, validation: {tsv: b}}\n"),
             without = scratch.file("without.yaml", "data: {validation: null}\n");
  CHECK(load_config({with, without}).config.data.validation.empty());
  CHECK(load_config({with}, {"data.validation=null"}).config.data.validation.empty());
}

TEST_CASE("config: flipped and missing bytes end in an error or in a config that prints and reads back") {
  std::mt19937 random(20261);
  const std::string bytes = ":{}[]#&*!|>'\"%@`-,?\n\t\r \x00\xFF\\~<0e.x"s;
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string yaml = kContract;
    if (round % 5 == 0) yaml.resize(random() % yaml.size());
    for (unsigned flips = random() % 3; flips > 0 && !yaml.empty(); --flips) {
      char& byte = yaml[random() % yaml.size()];
      byte = random() % 2 ? bytes[random() % bytes.size()] : static_cast<char>(random() % 256);
    }
    try {
      const Config config = parse_config(yaml, "a.yaml").config;
      ++accepted;
      const std::string printed = print_config(config);
      if (print_config(parse_config(printed, "b.yaml").config) != printed)
        FAIL("does not read back: " << printed);
    } catch (const ConfigError&) {
    }
  }
  CHECK(accepted > 100);
  CHECK(accepted < 2900);
}
