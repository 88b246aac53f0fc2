// YAML files and --set -> a checked and resolved Config.
#pragma once

#include <filesystem>

#include "attend/config/config.h"
#include "attend/config/problems.h"

namespace attend {

// Where a value comes from.
struct Origin {
  std::string text;  // "default", "derived from d_model / num_heads", "configs/a.yaml:14:5", "--set a.b=c"
  TextMark mark;         // known only where a file or --set names the key
};
using Origins = std::map<std::string, Origin>;  // by path: "model.attention.type", "model.attention[1].type"

struct LoadedConfig {
  Config config;
  Origins origins;  // of every field
};

// Later files lie upon earlier ones, key by key; sets are "a.b=value" with a YAML scalar, [list] or {map}, which takes the
// place of all that stood at that key; the last wins. The result is resolved. Throws ConfigError that lists everything wrong, one line each:
//   configs/a.yaml:14:5 model.attention.tpye: unknown key, did you mean "type"?
LoadedConfig load_config(const std::vector<std::filesystem::path>& files,
                         const std::vector<std::string>& sets = {});

// The same for one text called `name`; data.train and data.validation may be missing.
LoadedConfig parse_config(std::string_view yaml, std::string_view name,
                          const std::vector<std::string>& sets = {});
// The config of a stored model, written by this version or an older one: keys of a type that is not chosen get their
// defaults.
LoadedConfig parse_stored_config(std::string_view yaml, std::string_view name, const std::vector<std::string>& sets = {});

// `config`, which is resolved, with other values for some keys: "decoding.beam_size=3". Only keys of `sections` may be named
// ("decoding"). ConfigError as above, with the nearest key that may be.
Config change_config(Config config, const std::vector<std::string>& sets, const std::vector<std::string>& sections);

}  // namespace attend
