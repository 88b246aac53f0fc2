// XXH3-128 of bytes and files, as 32 lower-case hexadecimal digits.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace attend {

std::string xxh3_128(std::string_view bytes);
std::string xxh3_128_of_file(const std::filesystem::path& path);

}  // namespace attend
