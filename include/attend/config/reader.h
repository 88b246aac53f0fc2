// A YAML tree -> Config: types, ranges, choices, unknown keys.
#pragma once

#include "attend/config/load.h"
#include "attend/config/yaml_tree.h"

namespace attend {

// Fields that the tree names take its values, with their places noted in `origins`; faults go to `problems`.
void read_config(const YamlNode& tree, Config& config, Origins& origins, Problems& problems);

}  // namespace attend
