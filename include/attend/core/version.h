// The version of Attend; CMakeLists.txt has the same one (a test holds them together).
#pragma once

#include <string_view>

namespace attend {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace attend
