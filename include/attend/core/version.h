// The version of Attend. CMakeLists.txt states it too, and a test checks that both agree.
#pragma once

#include <string_view>

namespace attend {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace attend
