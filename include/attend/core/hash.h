// Hashes of bytes and files: XXH3 and CRC-32C.
#pragma once

#include <cstdint>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace attend {

// XXH3-128 as 32 lower-case hexadecimal digits.
std::string xxh3_128(std::string_view bytes);
std::string xxh3_128_of_file(const std::filesystem::path& path);
std::uint64_t xxh3_64(std::string_view bytes);

// CRC-32C, the checksum with Castagnoli's polynomial (RFC 3720, appendix B.4). It differs from zlib's CRC-32.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace attend
