#include "attend/data/text_cache.h"

#include <optional>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/manifest.h"
#include "cache_header.h"

namespace attend {
namespace {

constexpr const char* kHeader = "header.json";

// What is in the directory, or nothing when it is not there or damaged.
std::optional<CacheHeader> header_in(const fs::path& directory, const std::string& format) {
  if (!has_manifest(directory)) return std::nullopt;
  try {
    verify_manifest(directory);
    return read_header(directory / kHeader, format);
  } catch (const Error& error) {
    log_warning(error.what(), "; the text is encoded again");
    return std::nullopt;
  }
}

// How a text file differs from what it was; empty: it does not. One of the same size and time is not read.
std::string difference(const TextFile& before, const TextFile& now) {
  if (before.bytes != now.bytes)
    return concat(format_count(static_cast<std::int64_t>(now.bytes)), " bytes instead of ",
                  format_count(static_cast<std::int64_t>(before.bytes)));
  if (before.time == now.time || xxh3_128_of_file(now.path) == before.xxh3_128) return "";
  return "other text of the same size";
}

bool text_is_as_it_was(const CacheHeader& before, const std::vector<TextFile>& now, TextChange change) {
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto what = i < before.files.size() ? difference(before.files[i], now[i]) : std::string("a file more");
    if (what.empty()) continue;
    if (change == TextChange::refused)
      throw DataError("[", now[i].path, "] expected the text that this run began with, got ", what,
                      "; put it back, or start over with --fresh");
    return false;
  }
  return true;
}

bool opens(const CacheContent& content, const fs::path& directory, const CacheHeader& header) {
  if (header.made_from != content.made_from) return false;
  try {
    content.open(directory, header.counts);
    return true;
  } catch (const ModelError& error) {
    log_warning(error.what());
    return false;
  }
}

void make(const CacheContent& content, std::vector<TextFile> files, const fs::path& target) {
  std::uint64_t bytes = 0;  // ids take about as much as the text
  for (const auto& file : files) bytes += file.bytes;
  AtomicDirectory directory(target, bytes);
  const auto counts = content.write(directory);
  for (auto& file : files) file.xxh3_128 = xxh3_128_of_file(file.path);
  write_header(directory.file(kHeader), content.format, {counts, content.made_from, files});
  directory.commit();
}

}  // namespace

void open_or_make(const CacheContent& content, const fs::path& directory, TextChange change) {
  const auto files = look_at_files(content.files);
  const auto header = header_in(directory, content.format);
  if (header && text_is_as_it_was(*header, files, change) && opens(content, directory, *header)) return;
  make(content, files, directory);
  content.open(directory, read_header(directory / kHeader, content.format).counts);
}

}  // namespace attend
