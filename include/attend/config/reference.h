// Makes documents from the config structs: docs/configuration.md, and a schema for editors.
#pragma once

#include <string>

namespace attend {

// Returns Markdown that lists every key with its default, its values or range, and its meaning on resume.
std::string config_reference();
// Returns a JSON Schema, draft 2020-12.
std::string config_schema();

}  // namespace attend
