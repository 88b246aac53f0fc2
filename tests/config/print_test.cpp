#include "attend/config/print.h"

#include "attend/config/field_visitor.h"
#include "tests/config/faults.h"

using namespace attend;

namespace {

const std::vector<std::string> kYamls{
    "seed: 5",
    "output: \"runs/a b: {c} # d\\n\\t\\\"e\\\\ \\u00fc\"",
    "output: \"true\"\ndata: {train: {source: \"10\", target: \"~\"}, validation: {source: \"- a\", target: "
    "\"null\"}}",
    "data: {tokenizer: {user_symbols: [\"<a>\", \"b c\", \"auto\", \",\"], options: {split_digits: true, "
    "\"x: y\": \"1\"}}}",
    "data: {tokenizer: {source: {type: char}, target: {vocab_size: 300, algorithm: unigram}}}",
    "data: {tokenizer: {vocab: vocab.json, merges: merges.txt}}",
    "data: {tokenizer: {source: {vocab: v, merges: m}, target: {type: char}}}",
    "data: {tokenizer: {shared: false}}\nmodel: {num_kv_heads: 2, d_head: 24, final_norm: false}",
    "model: {encoder_position: {type: none}, decoder_position: {type: learned, max_length: 700}}",
    "model: {attention: [{type: full}, {type: full, implementation: reference}], cross_attention: "
    "{implementation: fused}}",
    "training: {optimizer: {lr: 0.0012345678901234567, betas: [0, 0.999999]}, max_minutes: 1e-3, max_steps: "
    "9e14}",
};

}  // namespace

TEST_CASE("print: what is printed reads back as an equal config") {
  for (const auto& yaml : kYamls) {
    const LoadedConfig loaded = parse_config(yaml, "a.yaml");
    const std::string printed = print_config(loaded.config);
    INFO(printed);
    CHECK(compare_configs(loaded.config, parse_config(printed, "b.yaml").config).empty());
    CHECK(compare_configs(loaded.config, parse_config(print_config(loaded), "c.yaml").config).empty());
  }
}

TEST_CASE("print: device, precision and threads stay as they were given") {
  const std::string printed = print_config(parse_config("seed: 1", "a.yaml").config);
  CHECK_THAT(printed, has("  device: auto\n  precision: auto\n  threads: 0\n"));
}

TEST_CASE("print: origins stand behind the values") {
  const std::string printed = print_config(parse_config("model:\n  d_model: 64", "a.yaml", {"seed=2"}));
  CHECK_THAT(printed, has("seed: 2                                 # --set seed=2\n"));
  CHECK_THAT(printed, has("  d_model: 64                           # a.yaml:2:12\n"));
  CHECK_THAT(printed, has("  d_head: 8                             # derived from d_model / num_heads\n"));
  CHECK_THAT(printed, has("  d_ff: 2048                            # default\n"));
}

TEST_CASE("compare: every change is named with both values and what it means on resume") {
  const Config before = parse_config("seed: 1", "a").config;
  const Config after = parse_config(
                           "model: {d_ff: 64, encoder_position: {type: none}}\ntraining: {max_steps: 7, "
                           "optimizer: {lr: 1e-3}}",
                           "b")
                           .config;
  const auto changes = compare_configs(before, after);
  REQUIRE(changes.size() > 3);
  for (std::size_t i = 3; i < changes.size(); ++i) CHECK(changes[i].path.starts_with("model.encoder_position."));
  CHECK((changes[0].path == "model.d_ff" && changes[0].before == "2048" && changes[0].after == "64" &&
         changes[0].resume == Resume::refused));
  CHECK((changes[1].path == "training.max_steps" && changes[1].resume == Resume::free));
  CHECK((changes[2].path == "training.optimizer.lr" && changes[2].after == "0.001" &&
         changes[2].resume == Resume::warned));
  CHECK((changes[3].path == "model.encoder_position.type" && changes[3].before == "absent" &&
         changes[3].after == "none"));
  CHECK(compare_configs(after, after).empty());
}
