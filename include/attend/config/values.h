// Converts one YAML node into the Value of a field.
#pragma once

#include "attend/config/field_visitor.h"
#include "attend/config/yaml_tree.h"

namespace attend {

// Returns the value. If something is wrong with it, adds that to `problems` and returns nullopt.
std::optional<Value> read_value(const Field& field, const YamlNode& node, const std::string& path,
                                Problems& problems);

// Describes a range: "between 0 and 1 (1 excluded)", "at least 1", or "" when it has no limits.
std::string range_text(const Range& range);

}  // namespace attend
