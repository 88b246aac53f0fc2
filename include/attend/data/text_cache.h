// Keeps encoded text in a directory that later runs map: it is encoded once, and checked whenever it is opened.
//
//   run/data/train-1/  header.json  ARRAYS  manifest.json
//
// header.json holds format, version, counts and what the arrays were made from: the rules, and the sizes and hashes of
// the text files. The manifest holds a hash of every byte. Arrays that are damaged or were made from something else are
// made again. But when the training text of a resumed run has changed, that is refused unless it is allowed
// (data_record.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "attend/data/data_record.h"
#include "attend/storage/atomic_directory.h"

namespace attend {

// Where encoded text is kept: `directory` has one folder per corpus. If it is empty, text stays in memory, and nothing
// is recorded.
struct DataCache {
  fs::path directory;
  std::shared_ptr<DataRecord> record = std::make_shared<DataRecord>();
};

struct CacheContent {
  std::string format;                                             // "attend-pairs"
  Json made_from;                                                 // the rules; compared for equality
  std::vector<fs::path> files;                                    // regular files of text, which are read twice
  std::function<Json(const AtomicDirectory&)> write;              // makes the arrays and returns their counts by name
  std::function<void(const fs::path&, const Json& counts)> open;  // throws ModelError when arrays and counts disagree
};

// Opens a folder of the cache, first making it if needed, and records it. When `open` throws ModelError, the folder is
// made again. Throws DataError or WriteError.
void open_or_make(const CacheContent& content, const DataCache& cache, const std::string& folder);

}  // namespace attend
