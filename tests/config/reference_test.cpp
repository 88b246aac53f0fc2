#include "attend/config/reference.h"

#include <map>
#include <set>
#include <stdexcept>

#include "attend/config/field_visitor.h"
#include "attend/core/json.h"
#include "tests/config/faults.h"

using namespace attend;

namespace {

// The keys of a map, of a map that may also be a list, or of the first type that has this key.
const Json& key_of(const Json& map, const std::string& name) {
  if (map.contains("properties") && map.at("properties").contains(name)) return map.at("properties").at(name);
  for (const auto& way : map.at("anyOf"))
    if (way.contains("properties") && (way.at("properties").contains(name) || !map.contains("properties")))
      return key_of(way, name);
  throw std::out_of_range(name);
}

// The schema of "data.tokenizer.type".
const Json& schema_of(const Json& root, std::string path) {
  const Json* at = &root;
  while (!path.empty()) {
    const auto dot = path.find('.');
    at = &key_of(*at, path.substr(0, dot));
    path = dot == std::string::npos ? "" : path.substr(dot + 1);
  }
  return *at;
}

}  // namespace

TEST_CASE("reference: every field stands under its section, with every value it may take") {
  const std::string text = config_reference();
  for (const auto& row : list_all_fields()) {
    INFO(row.path);
    const auto dot = row.path.rfind('.');
    const std::string title =
        dot == std::string::npos ? "## Top level" : "## `" + row.path.substr(0, dot) + "`";
    const auto section = text.find(title + "\n");
    REQUIRE(section != std::string::npos);
    const std::string body = text.substr(section, text.find("\n## ", section) - section);
    CHECK_THAT(body, has("| `" + std::string(row.field.name) + "` | "));
    for (const auto& choice : row.field.choices)
      CHECK_THAT(body, has("- `" + std::string(choice.name) + "`: " + std::string(choice.doc)));
  }
}

TEST_CASE("schema: every field is there with its default, and nothing else is allowed") {
  const Json schema = Json::parse(config_schema());
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema.at("additionalProperties") == false);
  for (const auto& row : list_all_fields()) {
    INFO(row.path);
    const Json& field = schema_of(schema, row.path);
    CHECK(field.at("description") == doc_with(row.field.owners, row.field.doc));
    CHECK(field.contains("default"));
  }
  CHECK(schema_of(schema, "model.dropout").at("exclusiveMaximum") == 1.0);
  CHECK(schema_of(schema, "model.d_head").at("anyOf").at(0).at("const") == "auto");
}

// An editor that reads the schema offers the keys of the chosen type, and marks those of another.
TEST_CASE("schema: each type of a key that chooses has an alternative with its own keys and the common ones alone") {
  const Json schema = Json::parse(config_schema());
  const Json& attention = schema_of(schema, "model.attention").at("anyOf").at(0);
  std::map<std::string, std::set<std::string>> keys;
  for (const auto& type : attention.at("anyOf")) {
    CHECK(type.at("additionalProperties") == false);
    auto& names = keys[type.at("properties").at("type").at("const").get<std::string>()];
    for (const auto& [name, below] : type.at("properties").items()) names.insert(name);
  }
  CHECK(keys.at("sliding_window") == std::set<std::string>{"type", "window", "qk_norm"});
  CHECK(keys.at("linear") == std::set<std::string>{"type", "feature_map", "qk_norm"});
  CHECK(keys.size() == AttentionConfig::kRows.size());
}

TEST_CASE("fields: every field is documented and its default lies in its range") {
  for (const auto& row : list_all_fields()) {
    INFO(row.path);
    CHECK_FALSE(row.field.doc.empty());
    if (const auto* number = std::get_if<double>(&row.value))
      CHECK((*number >= row.field.range.min && *number <= row.field.range.max));
    if (const auto* integer = std::get_if<std::int64_t>(&row.value))
      CHECK((static_cast<double>(*integer) >= row.field.range.min &&
             static_cast<double>(*integer) <= row.field.range.max));
  }
}
