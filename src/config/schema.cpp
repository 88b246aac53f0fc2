#include <algorithm>
#include <cmath>

#include "attend/config/field_visitor.h"
#include "attend/config/reference.h"
#include "attend/core/json.h"

namespace attend {

namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson with_range(const char* type, const Range& range) {
  OrderedJson schema{{"type", type}};
  const bool whole = std::string_view(type) == "integer";
  const auto number = [&](double value) {
    return whole ? OrderedJson(static_cast<std::int64_t>(value)) : OrderedJson(value);
  };
  if (std::isfinite(range.min)) schema["minimum"] = number(range.min);
  if (std::isfinite(range.max)) schema[range.open_max ? "exclusiveMaximum" : "maximum"] = number(range.max);
  return schema;
}

OrderedJson one_of_names(const Field& field) {
  OrderedJson schema{{"enum", OrderedJson::array()}};
  for (const auto& choice : field.choices) schema["enum"].push_back(choice.name);
  return schema;
}

OrderedJson type_schema(const Field& field) {
  const auto list_of = [](OrderedJson items) {
    return OrderedJson{{"type", "array"}, {"items", std::move(items)}};
  };
  switch (field.kind) {
    case FieldKind::boolean: return {{"type", "boolean"}};
    case FieldKind::integer: return with_range("integer", field.range);
    case FieldKind::number: return with_range("number", field.range);
    case FieldKind::text: return {{"type", "string"}};
    case FieldKind::choice: return one_of_names(field);
    case FieldKind::texts: return list_of({{"type", "string"}});
    case FieldKind::numbers: return list_of(with_range("number", field.range));
    case FieldKind::choices: return list_of(one_of_names(field));
    case FieldKind::text_map: return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    case FieldKind::period: return {{"type", {"integer", "string"}}, {"pattern", "^[0-9]+(e|t|kt|Mt|Gt)?$"}};
  }
  return {};
}

struct DefaultOf {
  OrderedJson operator()(std::monostate) const { return "auto"; }
  OrderedJson operator()(const Period& value) const {
    return value.unit == PeriodUnit::updates ? OrderedJson(value.count) : OrderedJson(format_period(value));
  }
  template <class T>
  OrderedJson operator()(const T& value) const {
    return OrderedJson(value);
  }
};

OrderedJson empty_object() {
  return {{"type", "object"}, {"properties", OrderedJson::object()}, {"additionalProperties", false}};
}

// A map that is being described. The keys of the types of a one_of() stand apart, in one alternative each: an editor
// then offers those of the chosen type alone.
class OpenMap {
 public:
  void add(std::string_view name, OrderedJson schema, bool has_auto) {
    if (!in_type_) last_ = {std::string(name), has_auto};
    auto& properties = in_type_ ? types_.back()["properties"] : object_["properties"];
    properties[std::string(name)] = std::move(schema);
  }
  void open_type(std::string_view name, bool may_be_left_out) {
    in_type_ = true;
    if (types_.empty()) key_ = last_;
    OrderedJson type = empty_object();
    type["properties"][key_.name] =
        key_.has_auto ? OrderedJson{{"enum", {name, "auto"}}} : OrderedJson{{"const", name}};
    if (!may_be_left_out && !key_.has_auto) type["required"] = {key_.name};
    types_.push_back(std::move(type));
  }
  void close_type() { in_type_ = false; }

  OrderedJson finish() {
    if (types_.empty()) return std::move(object_);
    for (auto& type : types_)
      for (const auto& [name, schema] : object_["properties"].items())
        if (!type["properties"].contains(name)) type["properties"][name] = true;
    object_.erase("additionalProperties");
    object_["anyOf"] = std::move(types_);
    return std::move(object_);
  }

 private:
  struct Key {
    std::string name;
    bool has_auto = false;
  };
  OrderedJson object_ = empty_object();
  std::vector<OrderedJson> types_;
  Key last_, key_;  // the key before, and the one that chooses among the types
  bool in_type_ = false;
};

class SchemaWriter : public FieldVisitor {
 public:
  OrderedJson finish() { return open_.front().finish(); }

 protected:
  std::optional<Value> leaf(const Field& field, const Value& value) override {
    OrderedJson schema = type_schema(field);
    if (!field.derived.empty()) schema = {{"anyOf", {{{"const", "auto"}}, std::move(schema)}}};
    schema["description"] = doc_with(field.owners, field.doc);
    schema["default"] = std::visit(DefaultOf{}, value);
    open_.back().add(field.name, std::move(schema), !field.derived.empty());
    return std::nullopt;
  }
  std::size_t count(const Group&, std::size_t current) override { return std::max<std::size_t>(current, 1); }
  bool alternative(const Choice& choice, bool chosen) override {
    open_.back().open_type(choice.name, chosen);
    return true;
  }
  void leave_alternative(const Choice&) override { open_.back().close_type(); }
  void enter(const Group&, std::size_t, std::size_t) override { open_.emplace_back(); }
  void leave(const Group& group) override {
    OrderedJson one = open_.back().finish();
    open_.pop_back();
    OrderedJson schema = wrap(group.kind, std::move(one));
    schema["description"] = doc_with(group.owners, group.doc);
    open_.back().add(group.name, std::move(schema), false);
  }

 private:
  static OrderedJson wrap(GroupKind kind, OrderedJson one) {
    switch (kind) {
      case GroupKind::section:
      case GroupKind::optional: return one;
      case GroupKind::list:
      case GroupKind::pattern: {
        OrderedJson list{{"type", "array"}, {"minItems", kind == GroupKind::pattern ? 1 : 0}, {"items", one}};
        return {{"anyOf", {std::move(one), std::move(list)}}};
      }
      case GroupKind::tokenizers: {
        OrderedJson two = empty_object();
        two["properties"] = {{"source", one}, {"target", one}};
        two["required"] = {"source", "target"};
        return {{"anyOf", {std::move(one), std::move(two)}}};
      }
    }
    return one;
  }
  std::vector<OpenMap> open_{1};
};

}  // namespace

std::string config_schema() {
  Config defaults;
  SchemaWriter writer;
  visit_config(defaults, writer);
  OrderedJson schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                     {"title", "Attend configuration"}};
  schema.update(writer.finish());
  return schema.dump(2) + "\n";
}

}  // namespace attend
