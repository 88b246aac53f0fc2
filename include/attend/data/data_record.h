// What a training read: part of its checkpoints, so that a run that goes on notices other text, wherever the files are.
//
//   {"train-1": {"files": [{"path", "bytes", "xxh3_128"}, ...], "counts": {...}, "made_from": {...}}, "validation-1-1": ...}
//
// A key is the folder of the cache (text_cache.h). Paths are there to be shown; what counts are sizes and hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/core/json.h"

namespace attend {

struct DataRecord {
  Json before = Json::object();  // of the checkpoint that is resumed; empty: unknown, or a run that begins
  Json now = Json::object();     // filled in as texts are read
  bool may_change = true;        // false: text of training that differs is refused
};

// Whether a folder of the cache holds text that is trained on.
bool is_trained_on(std::string_view folder);

// The files of a folder, a list; null where the record has none.
const Json& files_in(const Json& record, std::string_view folder);

struct FileDifference {
  std::size_t file;  // the first that differs
  std::string what;  // "12 bytes instead of 10"
};
// Between two lists of files; nothing where there is none, or where nothing is known of `before`.
std::optional<FileDifference> difference_of_files(const Json& before, const Json& now);

// Of two records, either of which may be empty: then nothing is known, and nothing counts as changed.
bool same_training(const Json& before, const Json& now);
// Rules count here as well: a validation of other lengths is another one.
bool same_validation(const Json& before, const Json& now);
// One sentence a text of training that is new, gone or another, with sizes and numbers of lines.
std::vector<std::string> training_changes(const Json& before, const Json& now);
// A hash of all that is trained on.
std::string training_hash(const Json& record);

}  // namespace attend
