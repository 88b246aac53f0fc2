// What text became, kept in a directory that later runs map: encoded once, checked whenever it is opened.
//
//   run/data/train-1/  header.json  ARRAYS  manifest.json
//
// header.json holds format, version, counts and what the arrays were made from: rules, and sizes and hashes of the text
// files. The manifest holds a hash of every byte. What differs, or is damaged, is made again; text of training that changed
// under a run that goes on is refused (data_record.h), unless it may.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attend/data/data_record.h"
#include "attend/storage/atomic_directory.h"

namespace attend {

// Where encoded text is kept: a directory for every corpus in `directory` (empty: nowhere, it stays in memory, and nothing is
// recorded).
struct DataCache {
  fs::path directory;
  std::shared_ptr<DataRecord> record = std::make_shared<DataRecord>();
};

struct CacheContent {
  std::string format;           // "attend-pairs"
  Json made_from;               // equal or not
  std::vector<fs::path> files;  // of text; regular ones, as anything else could not be read twice
  std::function<Json(const AtomicDirectory&)> write;                // makes the arrays; their counts, numbers by name
  std::function<void(const fs::path&, const Json& counts)> open;  // ModelError where they are not what the counts say
};

// Opens what the folder of the cache holds, or makes it first, and records it. DataError, WriteError. A ModelError of `open`
// means: make it again.
void open_or_make(const CacheContent& content, const DataCache& cache, const std::string& folder);

}  // namespace attend
