// Prints a Config as YAML, and compares two configs.
#pragma once

#include "attend/config/load.h"

namespace attend {

// Returns YAML that load_config reads back as an equal Config. device, precision and threads are printed as they are.
std::string print_config(const Config& config);
// Prints the same, with the origin of every value as a comment.
std::string print_config(const LoadedConfig& loaded);

struct ConfigChange {
  std::string path, before, after;  // values as YAML writes them; "absent" when a key does not exist
  Resume resume;
};
// Returns the differences between two resolved configs in the order of config.h; empty when they are equal.
std::vector<ConfigChange> compare_configs(const Config& before, const Config& after);

}  // namespace attend
