// Text read line by line with every fault named: missing or empty file, invalid UTF-8 with its line, unequal
// line counts, over-long lines. A BOM at the start and CR before LF are removed and reported once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attend {

inline constexpr std::uint64_t kMaxLineBytes = 1 << 20;

// All lines of a UTF-8 file, without line ends. DataError `file:line: ...`.
std::vector<std::string> read_lines(const std::filesystem::path& path);

struct ParallelText {
  std::vector<std::string> source, target;  // equal sizes
};
// DataError names both counts when they differ.
ParallelText read_parallel_text(const std::filesystem::path& source, const std::filesystem::path& target);

}  // namespace attend
