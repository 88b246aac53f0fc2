// Documents made from the structs: docs/configuration.md and a schema for editors.
#pragma once

#include <string>

namespace attend {

// Markdown: every key with default, values, range, meaning on resume.
std::string config_reference();
// JSON Schema, draft 2020-12.
std::string config_schema();

}  // namespace attend
