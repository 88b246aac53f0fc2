// attend model info MODEL: what a model is, after every hash and every shape was checked.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "attend/checkpoint/model_directory.h"
#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "attend/storage/manifest.h"
#include "attend/storage/safetensors.h"

namespace attend {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct InfoOptions {
  std::string model, format = "text";
};

std::string architecture_line(const ModelConfig& m) {
  const std::string encoder = !parts_of(m.architecture).encoder ? "" : concat(m.encoder_layers, " + ");
  return concat(name_of(m.architecture), ", ", encoder, m.decoder_layers, " layers, width ", m.d_model, ", ",
                m.num_heads, " heads of ", *m.d_head, " over ", *m.num_kv_heads, ", feed-forward ", m.d_ff, " ",
                name_of(m.activation), ", ", name_of(m.norm), " ", name_of(m.norm_position));
}

// Elements by the first word of the name: embedding, encoder, decoder, ...
OrderedJson parameters_by_part(const SafetensorsFile& file) {
  std::map<std::string, std::int64_t> parts;
  std::int64_t total = 0;
  for (const auto& entry : file.entries()) {
    std::int64_t count = 1;
    for (const auto size : entry.shape) count *= size;
    parts[entry.name.substr(0, entry.name.find('.'))] += count;
    total += count;
  }
  OrderedJson json = {{"total", total}};
  for (const auto& [part, count] : parts) json[part] = count;
  return json;
}

std::string stored_types(const SafetensorsFile& file) {
  std::vector<std::string> names;
  for (const auto& entry : file.entries()) {
    const std::string name(info_of(entry.dtype).name);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return join(names, ", ");
}

std::uint64_t step_of(const std::filesystem::path& file) {
  const auto state = read_json(file);
  if (!state.is_object() || !state.contains("step"))
    throw ModelError("[", file.string(),
                     "] expected the state of a training with its \"step\", got none; the file is damaged");
  return json_unsigned(state["step"], file.string());
}

OrderedJson describe(const LoadedModel& loaded) {
  const Config& config = loaded.config;
  const SafetensorsFile weights(listed_file(loaded.path, "model.safetensors"));
  const auto& vocabularies = loaded.model->vocabularies();
  const auto& source = loaded.tokenizers.source;
  OrderedJson json = {{"path", loaded.path.string()}, {"task", name_of(config.task)}};
  if (lists_file(loaded.path, "state.json")) json["step"] = step_of(loaded.path / "state.json");
  json["architecture"] = architecture_line(config.model);
  json["parameters"] = parameters_by_part(weights);
  json["tokenizer"] = source ? name_of(source->type()) : "none";
  json["vocabulary"] = vocabularies.source == 0         ? concat(vocabularies.target)
                       : loaded.tokenizers.shared() ? concat(vocabularies.target, " shared")
                                                        : concat(vocabularies.source, " and ", vocabularies.target);
  json["dtype"] = stored_types(weights);
  json["precision"] = concat("trained with precision ", name_of(config.runtime.precision));
  for (const auto& [name, file] : verify_manifest(loaded.path, ManifestCheck::sizes).files)
    json["files"][name] = file.bytes;
  json["hashes"] = "ok";
  return json;
}

// One row a value; what has parts shows them below it, numbers to the right.
std::string model_text(const OrderedJson& json) {
  constexpr std::size_t kKeyWidth = 14, kPartWidth = 24, kNumberWidth = 15;
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
  };
  const auto shown = [](const OrderedJson& value) {
    return value.is_string() ? value.get<std::string>() : format_count(value.get<std::int64_t>());
  };
  std::string text;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_object()) {
      text += padded(key, kKeyWidth) + shown(value) + "\n";
      continue;
    }
    text += key + "\n";
    for (const auto& [part, count] : value.items()) {
      const auto number = shown(count);
      text += "  " + padded(part, kPartWidth) + std::string(kNumberWidth - std::min(kNumberWidth, number.size()), ' ') +
              number + "\n";
    }
  }
  return text;
}

void info(const InfoOptions& options) {
  RuntimeConfig machine;
  machine.device = "cpu";
  machine.precision = Precision::fp32;
  const auto json = describe(load_model(options.model, start_runtime(machine)));
  ResultWriter out("-");
  out.write(options.format == "json" ? json.dump(2) + "\n" : visible_text(model_text(json)));
  out.close();
}

}  // namespace

void add_model_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("model", "what a model is");
  verb->require_subcommand(1);
  CLI::App* described =
      verb->add_subcommand("info", "path, size, parts, vocabulary and files of a model, all hashes checked");
  const auto options = std::make_shared<InfoOptions>();
  described->add_option("MODEL", options->model, "a model, checkpoint or run directory")->required();
  described->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json");
  described->callback([options] { info(*options); });
  add_model_average(*verb);
  add_model_seal(*verb);
}

}  // namespace attend
