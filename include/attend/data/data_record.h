// A record of what a training read. It is part of the checkpoints, so a resumed run notices changed text, wherever the
// files are.
//
//   {"train-1": {"files": [{"path", "bytes", "xxh3_128"}, ...], "counts": {...}, "made_from": {...}},
//    "validation-1-1": ...}
//
// A key is the name of a folder in the cache (text_cache.h). Paths are only shown; sizes and hashes are compared.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/core/json.h"

namespace attend {

struct DataRecord {
  Json before = Json::object();  // record in the resumed checkpoint; empty: unknown, or a new run
  Json now = Json::object();     // is filled in as texts are read
  bool may_change = true;        // false: changed training text is refused
};

// True when a folder of the cache holds training text.
bool is_trained_on(std::string_view folder);

// Returns the list of files of a folder; null when the record has none.
const Json& files_in(const Json& record, std::string_view folder);

struct FileDifference {
  std::size_t file;  // index of the first file that differs
  std::string what;  // "12 bytes instead of 10"
};
// Compares two lists of files. Returns nullopt when they are equal or nothing is known of `before`.
std::optional<FileDifference> difference_of_files(const Json& before, const Json& now);

// True when both records have the same training text. An empty record knows nothing, and then nothing counts as
// changed.
bool same_training(const Json& before, const Json& now);
// Compares validation text in the same way, and also the rules it was made with: other lengths make another validation.
bool same_validation(const Json& before, const Json& now);
// Returns one sentence for each training text that is new, gone or changed, with sizes and numbers of lines.
std::vector<std::string> training_changes(const Json& before, const Json& now);
// Returns a hash of all training text.
std::string training_hash(const Json& record);

}  // namespace attend
