// Config -> YAML, and what differs between two configs.
#pragma once

#include "attend/config/load.h"

namespace attend {

// YAML that load_config reads back as an equal Config. device, precision and threads stay as they are.
std::string print_config(const Config& config);
// The same with the origin of every value as a comment.
std::string print_config(const LoadedConfig& loaded);

struct ConfigChange {
  std::string path, before, after;  // values as YAML writes them; "absent" where a key does not exist
  Resume resume;
};
// In the order of config.h; empty for equal configs. Both are expected to be resolved.
std::vector<ConfigChange> compare_configs(const Config& before, const Config& after);

}  // namespace attend
