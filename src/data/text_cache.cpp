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
    return read_header(listed_file(directory, kHeader), format);
  } catch (const Error& error) {
    log_warning(error.what(), "; the text is encoded again");
    return std::nullopt;
  }
}

// Times tell nothing: a copy gets a new one, `touch -r` an old one. So every file is read.
void hash_files(std::vector<TextFile>& files) {
  for (TextFile& file : files) file.xxh3_128 = xxh3_128_of_file(file.path);
}

Json record_of(const std::vector<TextFile>& files) {
  Json list = Json::array();
  for (const auto& file : files)
    list.push_back({{"path", file.path}, {"bytes", file.bytes}, {"xxh3_128", file.xxh3_128}});
  return list;
}

void refuse_other_text(const DataRecord& record, const std::string& folder, const Json& files) {
  if (record.may_change || !is_trained_on(folder)) return;
  const auto other = difference_of_files(files_in(record.before, folder), files);
  if (!other) return;
  throw DataError("[", files[other->file]["path"].get<std::string>(),
                  "] expected the text that this run trained on, got ", other->what,
                  "; put it back, go on with it by --continue-with-new-data, or start over with --fresh");
}

bool opens(const CacheContent& content, const fs::path& directory, const CacheHeader& header) {
  if (header.made_from != content.made_from) return false;
  try {
    content.open(directory, header.counts);
    return true;
  } catch (const ModelError& error) {
    log_warning(error.what());
    return false;
  } catch (const Json::exception& fault) {
    log_warning("[", directory.string(), "] expected the counts of encoded text, got ", fault.what(),
                "; the text is encoded again");
    return false;
  }
}

void make(const CacheContent& content, const std::vector<TextFile>& files, const fs::path& target) {
  std::uint64_t bytes = 0;  // ids take about as much as the text
  for (const auto& file : files) bytes += file.bytes;
  AtomicDirectory directory(target, bytes);
  const auto counts = content.write(directory);
  write_header(directory.file(kHeader), content.format, {counts, content.made_from, files});
  directory.commit();
}

}  // namespace

void open_or_make(const CacheContent& content, const DataCache& cache, const std::string& folder) {
  const auto directory = cache.directory / folder;
  auto header = header_in(directory, content.format);
  auto files = look_at_files(content.files);
  hash_files(files);
  const auto listed = record_of(files);
  refuse_other_text(*cache.record, folder, listed);
  const bool same = header && !difference_of_files(record_of(header->files), listed);
  if (!same || !opens(content, directory, *header)) {
    make(content, files, directory);
    header = read_header(directory / kHeader, content.format);
    content.open(directory, header->counts);
  }
  cache.record->now[folder] = {{"files", listed}, {"counts", header->counts}, {"made_from", content.made_from}};
}

}  // namespace attend
