// What text became, kept in a directory that later runs map: encoded once, checked whenever it is opened.
//
//   run/data/train-1/  header.json  ARRAYS  manifest.json
//
// header.json holds format, version, counts and what the arrays were made from: rules, and sizes and hashes of the text
// files. The manifest holds a hash of every byte. What differs in a rule, or is damaged, is made again; text that changed
// under a run that goes on is refused.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "attend/core/json.h"
#include "attend/storage/atomic_directory.h"

namespace attend {

enum class TextChange { refused, encoded_again };

// Where encoded text is kept: a directory for every corpus in `directory` (empty: nowhere, it stays in memory).
struct DataCache {
  fs::path directory;
  TextChange change = TextChange::encoded_again;
};

struct CacheContent {
  std::string format;           // "attend-pairs"
  Json made_from;               // equal or not
  std::vector<fs::path> files;  // of text; regular ones, as anything else could not be read twice
  std::function<Json(const AtomicDirectory&)> write;                // makes the arrays; their counts, numbers by name
  std::function<void(const fs::path&, const Json& counts)> open;  // ModelError where they are not what the counts say
};

// Opens what `directory` holds, or makes it first. DataError, WriteError. A ModelError of `open` means: make it again.
void open_or_make(const CacheContent& content, const fs::path& directory, TextChange change);

}  // namespace attend
