// header.json of a cache: what its arrays were made from, to be compared and shown.
#pragma once

#include "attend/data/text_cache.h"

namespace attend {

struct TextFile {
  std::string path, xxh3_128;
  std::uint64_t bytes = 0;
};

struct CacheHeader {
  Json counts, made_from;
  std::vector<TextFile> files;
};

// Sizes of text files, without their hashes. DataError unless they are regular files.
std::vector<TextFile> look_at_files(const std::vector<fs::path>& files);

void write_header(const fs::path& path, const std::string& format, const CacheHeader& header);
CacheHeader read_header(const fs::path& path, const std::string& format);  // ModelError

}  // namespace attend
