// One YAML node -> one Value of a field.
#pragma once

#include "attend/config/field_visitor.h"
#include "attend/config/yaml_tree.h"

namespace attend {

// The value, or nothing after adding to `problems` what is wrong with it.
std::optional<Value> read_value(const Field& field, const YamlNode& node, const std::string& path,
                                Problems& problems);

// "between 0 and 1 (1 excluded)", "at least 1", "" for no limits.
std::string range_text(const Range& range);

}  // namespace attend
