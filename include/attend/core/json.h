// nlohmann::json with the checks that hostile input needs: size, depth and number of values are bounded, and keys are
// unique.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace attend {

using Json = nlohmann::json;

// Parses one JSON value in time linear in the length of the text. Throws ModelError("[where] ...") for broken text,
// duplicate keys, nesting deeper than 64, more than eight million values, and trailing text.
Json parse_json(std::string_view text, std::string_view where);
// Reads a file of at most 16 MiB with read_file, and parses it with parse_json.
Json read_json(const std::filesystem::path& path);
// Returns an unsigned integer that fits; throws ModelError otherwise. (nlohmann silently turns -1 and 2^64 into other
// numbers.)
std::uint64_t json_unsigned(const Json& value, std::string_view where);

}  // namespace attend
