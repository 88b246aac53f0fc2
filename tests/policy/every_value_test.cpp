// Every value that a key of the model can have is built and trained a step, wherever the rules allow it: found in the
// schema, so a new value is tested the day it appears.
#include <torch/types.h>

#include <map>

#include "attend/config/load.h"
#include "attend/config/reference.h"
#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "attend/models/build.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

const std::vector<std::string> kBases{
    "model: {d_model: 16, num_heads: 2, d_ff: 32, encoder_layers: 1, decoder_layers: 1, dropout: 0}",
    "task: language_model\n"
    "data: {block_size: 16, sampling: sequential}\n"
    "model: {architecture: decoder, d_model: 16, num_heads: 2, d_ff: 32, decoder_layers: 1, dropout: 0}"};

struct Choice {
  std::string path;  // model.attention.type
  std::vector<std::string> values;
  std::vector<std::string> types;  // settings under which the key exists: model.position.type=rope
};

// The type of an alternative: {"const": "rope"}, or {"enum": ["rope", "auto"]}.
bool is_type(const Json& key) {
  return key.contains("const") || (key.contains("enum") && !key.contains("description"));
}
std::string type_in(const Json& alternative) {
  const Json& key = alternative.at("properties").at("type");
  return (key.contains("const") ? key.at("const") : key.at("enum").at(0)).get<std::string>();
}

// Keys with an enum, those of list items left out: they are those of the item alone.
void collect(const Json& node, const Choice& at, std::vector<Choice>& choices) {
  if (node.contains("enum")) choices.push_back({at.path, node.at("enum").get<std::vector<std::string>>(), at.types});
  const Json properties = node.value("properties", Json::object());
  const bool has_types = node.contains("anyOf") && node.contains("properties");
  for (const auto& other : node.value("anyOf", Json::array())) {
    Choice below = at;
    if (has_types) below.types.push_back(concat(at.path, ".type=", type_in(other)));
    collect(other, below, choices);
  }
  for (const auto& [key, below] : properties.items())
    if (below.is_object() && !is_type(below))
      collect(below, {at.path.empty() ? key : concat(at.path, ".", key), {}, at.types}, choices);
}

// What a value needs beside it to mean something.
std::vector<std::string> settings_for(const Choice& choice, const std::string& value) {
  std::vector<std::string> settings = choice.types;
  settings.push_back(concat(choice.path, "=", value));
  if (choice.path.ends_with(".scaling.type") && value != "none")
    settings.push_back(concat(choice.path.substr(0, choice.path.rfind('.')), ".factor=4"));
  return settings;
}

// False where the rules refuse the config.
bool builds(const std::string& base, const std::vector<std::string>& settings) {
  Config config;
  try {
    config = parse_config(base, "a.yaml", settings).config;
  } catch (const ConfigError&) {
    return false;
  }
  const auto model = build_model(config, {50, 50});
  at::Tensor loss;
  for (const auto& term : model->made_up_loss(2, 8, {}))
    if (term.weight > 0) loss = term.sum;
  loss.backward();
  CHECK(std::isfinite(loss.item<double>()));
  for (const auto& weight : model->parameters())
    if (weight.grad().defined()) CHECK(torch::isfinite(weight.grad()).all().item<bool>());
  return true;
}

}  // namespace

TEST_CASE("policy: every value of every enum of a model is built and has a loss and gradients that are numbers") {
  std::vector<Choice> choices;
  collect(Json::parse(config_schema()), {}, choices);
  std::map<std::string, bool> built;  // "attention.type=linear", somewhere
  for (const auto& choice : choices) {
    const auto& path = choice.path;
    if (!path.starts_with("model.")) continue;
    for (const auto& value : choice.values) {
      INFO(path << "=" << value);
      bool& somewhere = built[concat(path.substr(path.rfind('.') + 1), "=", value)];
      for (const auto& base : kBases)
        if (builds(base, settings_for(choice, value))) somewhere = true;
    }
  }
  REQUIRE(built.size() > 40);
  for (const auto& [choice, somewhere] : built) {
    INFO(choice);
    CHECK(somewhere);
  }
}
