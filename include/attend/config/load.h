// Turns YAML files and --set into a checked and resolved Config.
#pragma once

#include <filesystem>

#include "attend/config/config.h"
#include "attend/config/problems.h"

namespace attend {

// Where a value comes from.
struct Origin {
  std::string text;  // "default", "derived from d_model / num_heads", "configs/a.yaml:14:5", "--set a.b=c"
  TextMark mark;     // known only when a file or --set names the key
};
using Origins = std::map<std::string, Origin>;  // by path: "model.attention.type", "model.attention[1].type"

struct LoadedConfig {
  Config config;
  Origins origins;  // one for every field
};

// Loads files and settings and returns the resolved config. Later files override earlier ones key by key. Settings
// override files: each is "a.b=value" with a YAML scalar, [list] or {map}, which replaces everything at that key. The
// last one wins. Throws a ConfigError that lists all faults, one per line:
//
//   configs/a.yaml:14:5 model.attention.tpye: unknown key, did you mean "type"?
LoadedConfig load_config(const std::vector<std::filesystem::path>& files,
                         const std::vector<std::string>& sets = {});

// Does the same for one text that messages call `name`; data.train and data.validation may be missing.
LoadedConfig parse_config(std::string_view yaml, std::string_view name,
                          const std::vector<std::string>& sets = {});
// Parses the config of a stored model, written by this version or an older one. Keys that belong to a type which is not
// chosen get their defaults.
LoadedConfig parse_stored_config(std::string_view yaml, std::string_view name,
                                 const std::vector<std::string>& sets = {});

// Returns a resolved `config` with other values for some keys, such as "decoding.beam_size=3". Only keys of `sections`
// ("decoding") may be named. Throws ConfigError as load_config does, and suggests the nearest allowed key.
Config change_config(Config config, const std::vector<std::string>& sets, const std::vector<std::string>& sections);

}  // namespace attend
