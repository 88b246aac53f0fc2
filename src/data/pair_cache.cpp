#include "attend/data/pair_cache.h"

#include <optional>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/atomic_directory.h"
#include "attend/storage/manifest.h"
#include "encode.h"
#include "pair_header.h"

namespace attend {
namespace {

constexpr const char *kHeader = "header.json", *kIndex = "index.bin", *kBody = "body.bin";

// What is in the directory, or nothing when it is not there or damaged.
std::optional<PairHeader> header_in(const fs::path& directory) {
  if (!has_manifest(directory)) return std::nullopt;
  try {
    verify_manifest(directory);
    return read_header(directory / kHeader);
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

bool text_is_as_it_was(const PairHeader& before, const std::vector<TextFile>& now, TextChange change) {
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

// What the header says of content and vocabularies is not believed.
PairStore open_pairs(const PairRequest& request, const fs::path& directory, PairSummary counts) {
  const PairSummary own = summary_for(request);
  counts.content = own.content;
  counts.source_vocabulary = own.source_vocabulary;
  counts.target_vocabulary = own.target_vocabulary;
  return PairStore(counts, map_pairs(directory / kIndex, directory / kBody), directory.string());
}

std::optional<PairStore> open_former(const PairRequest& request, const fs::path& directory, const PairHeader& header) {
  if (header.made_from != describe_rules(request)) return std::nullopt;
  try {
    return open_pairs(request, directory, header.summary);
  } catch (const ModelError& error) {
    log_warning(error.what());
    return std::nullopt;
  }
}

void write_pairs(const PairRequest& request, std::vector<TextFile> files, const fs::path& target) {
  std::uint64_t bytes = 0;  // ids take about as much as the text
  for (const auto& file : files) bytes += file.bytes;
  AtomicDirectory directory(target, bytes);
  FilePairWriter writer(summary_for(request).content, directory.file(kIndex), directory.file(kBody));
  const auto summary = encode_corpus(request, writer);
  writer.close();
  for (auto& file : files) file.xxh3_128 = xxh3_128_of_file(file.path);
  write_header(directory.file(kHeader), {summary, describe_rules(request), files});
  directory.commit();
}

void report(const PairRequest& request, const PairSummary& summary) {
  log_info(request.corpus.name, ": ", describe(request.corpus.files), ", ", format_count(summary.pairs), " pairs");
  if (summary.empty > 0) log_warning(format_count(summary.empty), " pairs with an empty side are left out");
  if (summary.over_length > 0)
    log_warning(format_count(summary.over_length), " pairs are longer than data.max_length ", request.rule.max_length, ": ",
                request.rule.over_length == OverLength::skip ? "left out" : "cropped");
}

}  // namespace

PairStore encode_pairs(const PairRequest& request) {
  MemoryPairWriter writer(summary_for(request).content);
  const auto summary = encode_corpus(request, writer);
  report(request, summary);
  return PairStore(summary, writer.arrays(), "encoded pairs");
}

PairStore cached_pairs(const PairRequest& request, const fs::path& directory, TextChange change) {
  const auto files = look_at_files(request.corpus);
  const auto header = header_in(directory);
  std::optional<PairStore> store;
  if (header && text_is_as_it_was(*header, files, change)) store = open_former(request, directory, *header);
  if (!store) {
    write_pairs(request, files, directory);
    store = open_pairs(request, directory, read_header(directory / kHeader).summary);
  }
  report(request, store->summary());
  return *store;
}

LengthRule length_rule_of(const DataConfig& data) { return {data.max_length, data.over_length}; }

PairStore read_pairs(const PairRequest& request, const DataCache& cache, const std::string& folder) {
  return cache.directory.empty() ? encode_pairs(request) : cached_pairs(request, cache.directory / folder, cache.change);
}

}  // namespace attend
