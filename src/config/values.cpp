#include "attend/config/values.h"

#include <algorithm>
#include <cmath>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {

namespace {

// "7", a list, a map, nothing: for "expected ..., got ...".
std::string describe_node(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::nothing: return "nothing";
    case YamlNode::Kind::list: return "a list";
    case YamlNode::Kind::map: return "a map";
    case YamlNode::Kind::alias: return "an alias";
    case YamlNode::Kind::scalar:
      return node.plain ? concat("\"", node.text, "\"") : concat("the text \"", node.text, "\"");
  }
  return "?";
}

// 010 and 0x10 mean different numbers to different readers of YAML.
bool looks_octal_or_hex(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() < 2 || text[0] != '0') return false;
  return text[1] == 'x' || text[1] == 'X' || text[1] == 'o' || text[1] == 'b' ||
         (text[1] >= '0' && text[1] <= '9');
}

class ValueReader {
 public:
  ValueReader(const Field& field, const std::string& path, Problems& problems)
      : field_(field), path_(path), problems_(problems) {}

  std::optional<Value> read(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::scalar && node.plain && node.text == "auto" && !field_.derived.empty())
      return Value{};
    switch (field_.kind) {
      case FieldKind::boolean: return boolean(node);
      case FieldKind::integer: return integer(node);
      case FieldKind::number: return number(node);
      case FieldKind::text: return text(node);
      case FieldKind::choice: return choice(node);
      case FieldKind::texts: return list<std::string>(node, [&](const YamlNode& item) { return text(item); });
      case FieldKind::numbers: return list<double>(node, [&](const YamlNode& item) { return number(item); });
      case FieldKind::choices:
        return list<std::string>(node, [&](const YamlNode& item) { return choice(item); });
      case FieldKind::text_map: return text_map(node);
      case FieldKind::period: return period(node);
    }
    return std::nullopt;
  }

 private:
  // Both return nothing, so that a reader can end with them.
  std::nullopt_t complain(const YamlNode& node, const std::string& message) {
    problems_.add(node.mark, path_, message);
    return std::nullopt;
  }
  std::nullopt_t expected(const YamlNode& node, std::string_view what) {
    const std::string or_auto = field_.derived.empty() ? "" : " or auto";
    if (node.kind == YamlNode::Kind::nothing)
      return complain(node, concat("no value; expected ", what, or_auto));
    return complain(node, concat("expected ", what, or_auto, ", got ", describe_node(node)));
  }

  std::optional<Value> boolean(const YamlNode& node) {
    const bool is_plain = node.kind == YamlNode::Kind::scalar && node.plain;
    if (is_plain && node.text == "true") return true;
    if (is_plain && node.text == "false") return false;
    return expected(node, "true or false");
  }

  std::optional<double> finite(const YamlNode& node, std::string_view what) {
    if (node.kind != YamlNode::Kind::scalar || !node.plain) return expected(node, what);
    if (looks_octal_or_hex(node.text))
      return complain(
          node, concat("\"", node.text, "\" is ambiguous; write a decimal number without leading zeros"));
    const auto value = parse_double(node.text);
    if (!value || !std::isfinite(*value)) return expected(node, what);
    return value;
  }

  bool in_range(const YamlNode& node, double value) {
    const Range& range = field_.range;
    const bool fits = value >= range.min && (range.open_max ? value < range.max : value <= range.max);
    if (!fits) complain(node, concat("must be ", range_text(range), ", got ", node.text));
    return fits;
  }

  std::optional<Value> integer(const YamlNode& node) {
    const auto value = finite(node, "an integer");
    if (!value) return std::nullopt;
    if (!in_range(node, *value)) return std::nullopt;
    if (const auto exact = parse_int(node.text)) return *exact;
    const bool is_whole =
        std::floor(*value) == *value && std::fabs(*value) <= 9007199254740992.0;  // 1e5; 2^53
    if (!is_whole) return expected(node, "an integer");
    return static_cast<std::int64_t>(*value);
  }

  std::optional<Value> number(const YamlNode& node) {
    const auto value = finite(node, "a number");
    if (!value || !in_range(node, *value)) return std::nullopt;
    return *value;
  }

  std::optional<Value> period(const YamlNode& node) {
    static constexpr std::string_view kExpected = "updates (500), epochs (2e) or target tokens (10Mt), at least 1";
    if (node.kind != YamlNode::Kind::scalar || !node.plain) return expected(node, kExpected);
    if (const auto value = parse_period(node.text)) return *value;
    return expected(node, kExpected);
  }

  std::optional<Value> text(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::nothing && node.text == "null") return std::string();
    if (node.kind != YamlNode::Kind::scalar) return expected(node, "text");
    if (node.text.find('\0') != std::string::npos) return complain(node, "holds a NUL character");
    return node.text;
  }

  std::optional<Value> choice(const YamlNode& node) {
    std::vector<std::string> names;
    for (const auto& option : field_.choices) names.emplace_back(option.name);
    if (node.kind != YamlNode::Kind::scalar) return expected(node, join(names, ", "));
    if (std::find(names.begin(), names.end(), node.text) != names.end()) return node.text;
    return complain(
        node, concat("\"", node.text, "\" is none of ", join(names, ", "), did_you_mean(node.text, names)));
  }

  template <class T, class One>
  std::optional<Value> list(const YamlNode& node, One one) {
    if (node.kind != YamlNode::Kind::list) return expected(node, "a [list]");
    std::vector<T> values;
    for (const auto& item : node.items)
      if (const std::optional<Value> value = one(item)) values.push_back(std::get<T>(*value));
    if (values.size() != node.items.size()) return std::nullopt;
    return values;
  }

  std::optional<Value> text_map(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) return expected(node, "a {map}");
    std::map<std::string, std::string> values;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const auto value = text(node.items[i]);
      if (!value) return std::nullopt;
      values[node.keys[i].name] = std::get<std::string>(*value);
    }
    return values;
  }

  const Field& field_;
  const std::string& path_;
  Problems& problems_;
};

// Ranges hold 9e15 for "as large as an integer counts exactly": no limit to speak of.
bool has_max(const Range& range) { return range.max < 9e15; }

// 1,000,000 rather than 1e+06.
std::string limit_text(double limit) {
  return std::floor(limit) == limit ? format_count(static_cast<std::int64_t>(limit)) : format_double(limit);
}

}  // namespace

std::string range_text(const Range& range) {
  const bool has_min = std::isfinite(range.min);
  if (has_min && range.min == range.max) return limit_text(range.min);
  const std::string excluded = range.open_max ? concat(" (", limit_text(range.max), " excluded)") : "";
  if (has_min && has_max(range))
    return concat("between ", limit_text(range.min), " and ", limit_text(range.max), excluded);
  if (has_min) return "at least " + limit_text(range.min);
  if (has_max(range)) return "at most " + limit_text(range.max);
  return "";
}

std::optional<Value> read_value(const Field& field, const YamlNode& node, const std::string& path,
                                Problems& problems) {
  if (node.kind == YamlNode::Kind::alias) return std::nullopt;  // reported with the tree
  return ValueReader(field, path, problems).read(node);
}

}  // namespace attend
