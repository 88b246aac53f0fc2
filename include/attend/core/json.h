// nlohmann::json with what hostile input needs: bounded size, depth and number of values, no duplicate keys.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace attend {

using Json = nlohmann::json;

// Rejects duplicate keys, nesting deeper than 64, more than eight million values, trailing text. Takes time as the text is long.
// Throws ModelError("[where] ...").
Json parse_json(std::string_view text, std::string_view where);
// read_file (at most 16 MiB) and parse_json.
Json read_json(const std::filesystem::path& path);
// Unsigned integer that fits; ModelError otherwise. (nlohmann turns -1 and 2^64 into other numbers silently.)
std::uint64_t json_unsigned(const Json& value, std::string_view where);

}  // namespace attend
