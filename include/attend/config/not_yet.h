// Keys and values that the format has but this version does not build.
#pragma once

#include <string>
#include <string_view>

namespace attend {

bool is_key_not_yet(std::string_view path);
bool is_value_not_yet(std::string_view path, std::string_view value);

}  // namespace attend
