// XXH3-128 of bytes and files, as 32 lower-case hexadecimal digits; CRC-32C.
#pragma once

#include <cstdint>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace attend {

std::string xxh3_128(std::string_view bytes);
std::string xxh3_128_of_file(const std::filesystem::path& path);
std::uint64_t xxh3_64(std::string_view bytes);

// The checksum of Castagnoli's polynomial (RFC 3720, appendix B.4); not zlib's.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace attend
