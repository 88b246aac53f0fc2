// Keys that only one type reads, and what becomes of them where another is chosen.
#include <algorithm>
#include <set>

#include "attend/config/field_visitor.h"
#include "attend/config/print.h"
#include "attend/core/text.h"
#include "attend/config/warnings.h"
#include "tests/config/faults.h"
#include "tests/support/scratch.h"

using namespace attend;

namespace {

// A value that is not the default, as --set writes it; empty: none is known.
std::string other_value(const FieldRow& row) {
  const auto& field = row.field;
  switch (field.kind) {
    case FieldKind::boolean: return std::get<bool>(row.value) ? "false" : "true";
    case FieldKind::integer:
    case FieldKind::number: {
      const double least = std::max(field.range.min, 0.0);
      for (const double value : {2.0, 3.0, 0.5, 0.25})
        if (value >= least && value < field.range.max && format_value(row.value) != format_double(value) &&
            (field.kind == FieldKind::number || value >= 2))
          return format_double(value);
      return field.range.min < field.range.max && std::isfinite(field.range.min) ? format_double(field.range.min) : "";
    }
    case FieldKind::text: return "x";
    case FieldKind::choice:
      for (const auto& choice : field.choices)
        if (choice.name != format_value(row.value)) return std::string(choice.name);
      return "";
    case FieldKind::texts: return "[x]";
    case FieldKind::numbers: return "[0.5, 0.5]";
    case FieldKind::text_map: return "{x: y}";
    case FieldKind::choices:
    case FieldKind::period: return "";
  }
  return "";
}

const FieldRow& row_of(const std::vector<FieldRow>& rows, const std::string& path) {
  const auto found = std::ranges::find(rows, unnumbered_path(path), &FieldRow::path);
  INFO(path);
  REQUIRE(found != rows.end());
  return *found;
}

// Settings under which the owner is not satisfied.
std::vector<std::string> settings_against(const Owner& owner, const std::vector<FieldRow>& rows) {
  const auto& key = row_of(rows, owner.path);
  if (owner.choices.empty()) return {owner.path + "=" + other_value(key)};
  std::vector<std::string> settings;
  for (const auto& choice : key.field.choices)
    if (std::ranges::find(owner.choices, choice.name) == owner.choices.end())
      settings.push_back(concat(owner.path, "=", choice.name));
  return settings;
}

// At the key itself or at a group that holds it.
bool is_told(const std::string& faults, std::string path) {
  for (;; path.resize(path.rfind('.'))) {
    for (const char* says : {": belongs to ", ": means nothing where "})
      if (faults.find(path + says) != std::string::npos) return true;
    if (path.find('.') == std::string::npos) return false;
  }
}

}  // namespace

TEST_CASE("foreign keys: what a key is of is a key with these values, and every key of a type is told so in its doc") {
  const auto rows = list_all_fields();
  std::size_t owned = 0;
  for (const auto& row : rows)
    for (const auto& owner : row.field.owners.all) {
      INFO(row.path << " of " << owner.path);
      // A config that was printed holds what `auto` became, which nobody named; a group that nobody named is not
      // printed.
      CHECK((row.field.derived.empty() || row.path.starts_with("model.encoder_")));
      const auto& key = row_of(rows, owner.path);
      for (const auto choice : owner.choices)
        CHECK(std::ranges::find(key.field.choices, choice, &Choice::name) != key.field.choices.end());
      ++owned;
    }
  CHECK(owned > 80);
  CHECK(doc_with(row_of(rows, "model.norm_eps").field.owners, "d") == "of layer_norm or rms_norm: d");
  CHECK(doc_with(row_of(rows, "data.tokenizer.options").field.owners, "d") ==
        "of sentencepiece, without model or vocab: d");
}

// Law, over every key of a type and every other type: named with another value than its default, it is refused where it
// stands, and the message names the key that decides, with its value.
TEST_CASE("foreign keys: each is refused under every other type, and passed over where it holds its default") {
  const auto rows = list_all_fields();
  for (const auto& row : rows)
    for (const auto& owner : row.field.owners.all)
      for (const auto& against : settings_against(owner, rows)) {
        const std::string value = other_value(row);
        if (value.empty()) continue;
        INFO(against << " " << row.path << "=" << value);
        const auto faults = faults_of("version: 1", {against, concat(row.path, "=", value)});
        CHECK(is_told(faults, row.path));
        const std::string same = format_value(row.value);
        if (same == "auto" || row.path.find(".tokens.") != std::string::npos || row.path.find("model.encoder_") == 0 ||
            row.path.find("model.cross_") == 0)
          continue;
        CHECK(faults_of("version: 1", {against, concat(row.path, "=", same)}).find(row.path + ": belongs") ==
              std::string::npos);
      }
}

TEST_CASE("foreign keys: both places are named") {
  CHECK(faults_of("model:\n  attention:\n    type: full\n    window: 4\n") ==
        "a.yaml:4:13 model.attention.window: belongs to sliding_window, but model.attention.type (line 3) is full; "
        "leave it out, or "
        "choose sliding_window\n1 error");
  CHECK_THAT(faults_of("data: {tokenizer: {model: a.model, user_symbols: [<2de>]}}"),
             has("data.tokenizer.user_symbols: means nothing where data.tokenizer.model (line 1) is a.model; leave one "
                 "of them out"));
  CHECK_THAT(faults_of("data: {tokenizer: {source: {type: char}, target: {type: byte, vocab_size: 99}}}"),
             has("data.tokenizer.target.vocab_size: belongs to sentencepiece or bpe or char, but "
                 "data.tokenizer.target.type (line 1) is byte"));
  CHECK_THAT(
      faults_of("task: language_model\ndata: {max_length: 9}\nmodel: {architecture: decoder, encoder_layers: 2}"),
      has("data.max_length: belongs to translation, but task (line 1) is language_model") &&
          has("model.encoder_layers: belongs to encoder_decoder, but model.architecture (line 3) is decoder") &&
          has("2 errors"));
}

TEST_CASE(
    "foreign keys: a type of a later file or --set takes the old type's keys away; a key of a later one is refused") {
  const auto attention = [](const std::vector<std::string>& sets) {
    return parse_config("model: {attention: {type: sliding_window, window: 4}, cross_attention: {type: full}}",
                        "a.yaml", sets);
  };
  CHECK(attention({}).config.model.attention[0].as<SlidingWindowOptions>().window == 4);
  const auto full = attention({"model.attention.type=full"});
  CHECK(full.config.model.attention[0].type() == AttentionType::full);
  CHECK_FALSE(full.origins.contains("model.attention.window"));
  CHECK_THAT(faults_of("model: {attention: {type: full}}", {"model.attention.window=4"}),
             has("--set model.attention.window=4 model.attention.window: belongs to sliding_window, but "
                 "model.attention.type (line 1) is full"));
  CHECK(faults_of("data: {validation: {source: a, target: b}}", {"data.validation.fraction=0.05"}).empty());
  CHECK(faults_of("task: language_model\nmodel: {architecture: decoder}\ndata: {train: {text: a, documents: line}}",
                  {"data.train.field=text"})
            .empty());
}

TEST_CASE("foreign keys: in the config of a stored model they become defaults, so that it stays readable") {
  const std::string yaml = "model: {attention: {window: 4}}\ndata: {tokenizer: {type: byte, vocab_size: 99}}";
  const auto stored = parse_stored_config(yaml, "config.yaml").config;
  CHECK(compare_configs(parse_config("data: {tokenizer: {type: byte}}", "a").config, stored).empty());
  CHECK_THAT(faults_in([&] { parse_stored_config(yaml, "config.yaml", {"model.attention.window=5"}); }),
             has("belongs to sliding_window"));
}

TEST_CASE("stored config: SentencePiece's option for normalization, as older versions stored it, is that key") {
  const std::string yaml = "data: {tokenizer: {type: sentencepiece, options: {normalization_rule_name: nfkc}}}";
  const auto stored = parse_stored_config(yaml, "config.yaml").config;
  CHECK(stored.data.tokenizer.source.normalization == Normalization::nfkc);
  CHECK(stored.data.tokenizer.source.options.empty());
  const std::string unknown = "data: {tokenizer: {type: sentencepiece, options: {normalization_rule_name: loud}}}";
  CHECK_THAT(faults_in([&] { parse_stored_config(unknown, "config.yaml"); }), has("set normalization instead"));
}

TEST_CASE("config: a map of --set takes the place of what stood there, one of a later file lies upon it") {
  const std::string yaml = "data: {validation: {source: a, target: b}}\ntraining: {optimizer: {type: sgd, lr: 0.5}}";
  const auto set =
      parse_config(yaml, "a.yaml", {"data.validation={fraction: 0.05}", "training.optimizer={lr: 0.25}"}).config;
  CHECK((set.data.validation[0].source.empty() && set.data.validation[0].fraction == 0.05));
  CHECK((set.training.optimizer.type() == OptimizerType::adam && set.training.optimizer.lr == 0.25));
  CHECK(parse_config(yaml, "a.yaml", {"training.optimizer.lr=0.25"}).config.training.optimizer.type() ==
        OptimizerType::sgd);
  const test::Scratch scratch;
  const std::string data = "data: {train: {source: a, target: b}, validation: {source: a, target: b}}\n";
  const auto merged = load_config({scratch.file("a.yaml", data + "training: {optimizer: {type: sgd, lr: 0.5}}"),
                                   scratch.file("b.yaml", "training: {optimizer: {lr: 0.25}}")});
  CHECK((merged.config.training.optimizer.type() == OptimizerType::sgd && merged.config.training.optimizer.lr == 0.25));
}

TEST_CASE("config: positions follow the architecture, and say so") {
  const auto translation = parse_config("version: 1", "a");
  CHECK(translation.config.model.position[0].type() == PositionType::sinusoidal);
  CHECK(translation.origins.at("model.position.type").text.starts_with("derived from "));
  const auto language =
      parse_config("task: language_model\nmodel: {architecture: decoder, decoder_position: {base: 500}}", "a").config;
  CHECK(language.model.position[0].type() == PositionType::rope);
  CHECK((language.model.decoder_position[0].type() == PositionType::rope &&
         language.model.decoder_position[0].as<RopeOptions>().base == 500));
  CHECK_THAT(print_config(language), has("type: rope"));
  CHECK(language.model.scale_embeddings == false);
  const auto sines = "task: language_model\nmodel: {architecture: decoder, position: {type: sinusoidal}}";
  CHECK(parse_config(sines, "a").config.model.scale_embeddings == true);  // else they drown the embeddings
}

TEST_CASE("config: ids that do not fit their type, and tokenizers that nothing trains, are refused") {
  const std::string head =
      "task: language_model\nmodel: {architecture: decoder}\ndata: {train: {tokens: {file: a, vocab_size: 70000, "
      "type: ";
  CHECK_THAT(
      faults_of(head + "uint16}}}"),
      has("data.train.tokens.type: uint16 holds ids below 65,536, but the vocabulary has 70,000; choose uint32"));
  CHECK(faults_of(head + "uint32}}}").empty());
  CHECK_THAT(faults_of(head + "uint32}}, validation: {tokens: {file: b}}}"),
             has("data.validation.tokens.type: uint16 holds ids below 65,536"));
  const test::Scratch scratch;
  const auto file = scratch.file("a.yaml", head + "uint32}}, validation: {fraction: 0.1}, tokenizer: {type: bpe}}");
  CHECK_THAT(faults_in([&] { load_config({file}); }),
             has("data.tokenizer.type: nothing is trained: data.train.tokens (line 3) holds ids already"));
  CHECK(faults_in([&] { load_config({file}, {"data.tokenizer={model: t.json}"}); }).empty());
}

TEST_CASE("config: one fault of a validation set is one line") {
  const test::Scratch scratch;
  const std::string text = "task: language_model\nmodel: {architecture: decoder}\ndata: {train: {text: a}";
  const auto faults = [&](const std::string& yaml) {
    const auto file = scratch.file("a.yaml", yaml);
    return faults_in([&] { load_config({file}); });
  };
  CHECK_THAT(faults(text + ", validation: {name: held_out}}"),
             has("data.validation.text: missing") && has("data.validation: {fraction: 0.05}") && has("1 error"));
  CHECK_THAT(faults(text + ", validation: {fraction: 0.9}}"),
             has("data.validation.fraction: must be") && has("1 error"));
  CHECK_THAT(faults(text + ", validation: {fraction: 0.1}, batch: {unit: source_tokens, size: 16}}"),
             has("data.batch.unit: ") && has("1 error"));
}

TEST_CASE("warnings: what is no fault and hardly meant") {
  const auto warnings = [](const std::string& yaml) {
    return join(config_warnings(parse_config(yaml, "a").config), "\n");
  };
  CHECK(warnings("version: 1").empty());
  CHECK_THAT(warnings("training: {max_steps: 100}"), has("due at update 4,000, which max_steps 100 never reaches"));
  CHECK_THAT(warnings("training: {max_epochs: 20, schedule: {type: cosine}}"),
             has("cosine reaches min_lr at max_steps, update 100,000") && has("max_epochs"));
  CHECK_THAT(warnings("training: {max_minutes: 20, schedule: {type: linear}}"),
             has("linear reaches min_lr") && has("max_minutes"));
  CHECK(warnings("training: {max_epochs: 20, schedule: {type: cosine, decay_steps: 9000}}").empty());
  const std::string cosine = "training: {max_steps: 1000, schedule: {type: cosine, warmup_steps: 10, decay_steps: ";
  CHECK_THAT(warnings(cosine + "100000}}"), has("at decay_steps, update 100,000, which max_steps 1,000 never reaches"));
  CHECK_THAT(warnings(cosine + "500}}"),
             has("the learning rate is 0 from decay_steps, update 500, to max_steps 1,000"));
  CHECK(warnings(cosine + "500, min_lr: 1e-5}}").empty());
  CHECK(warnings(cosine + "1001}}").empty());
  CHECK_THAT(warnings("training: {max_steps: 60, average_checkpoints: 3, schedule: {warmup_steps: 9}}"),
             has("of 3 checkpoints to average, none are saved"));
  CHECK(warnings("training: {max_steps: 60, average_checkpoints: 3, save_every: 20, schedule: {warmup_steps: 9}}")
            .empty());
  CHECK_THAT(warnings("training: {guard: {sigma: 0, window: 50}}"), has("window] means nothing where"));
  const std::string prefixed =
      "data: {train: [{tsv: a, source_prefix: <2de>}, {tsv: b, source_prefix: <2en>}], validation: ";
  CHECK_THAT(
      warnings(prefixed + "{tsv: c}}"),
      has("the source lines of validation begin with the prefix none, those of training with another (\"<2de>\")"));
  CHECK_THAT(warnings(prefixed + "{tsv: c, source_prefix: <2fr>}}"), has("the prefix \"<2fr>\", those of training"));
  CHECK_THAT(
      warnings("data: {train: {tsv: a}, validation: {tsv: c, target_prefix: <de>}}"),
      has("the target lines of validation begin with the prefix \"<de>\", those of training with another (none)"));
  CHECK(warnings(prefixed + "{tsv: c, source_prefix: <2de>}}").empty());
  CHECK(warnings(prefixed + "{fraction: 0.1}}").empty());
  CHECK(warnings("data: {train: [{tsv: a, source_prefix: <2de>}, {tsv: b}], validation: {tsv: c}}").empty());
}

TEST_CASE("warnings: files that are not there") {
  const test::Scratch scratch;
  const auto there = scratch.file("there.txt", "a\n").string();
  const auto missing =
      missing_files(parse_config(concat("data: {train: {source: ", there,
                                        ", target: no.txt, pair_weights: no.weights}, tokenizer: {model: no.model}}"),
                                 "a")
                        .config);
  REQUIRE(missing.size() == 3);
  CHECK_THAT(missing[0], has("[data.train.target] no.txt is not there"));
  CHECK_THAT(missing[1], has("[data.train.pair_weights] no.weights is not there"));
  CHECK_THAT(missing[2], has("[data.tokenizer.model] no.model is not there"));
}
