#include "attend/data/data_record.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::string_view kTraining = "train-";
constexpr std::int64_t kMostBytes = std::int64_t{1} << 53;  // what a file may claim, so that sums do not overflow

// A record comes from a file that somebody may have edited: what is not there, or of another type, is null.
const Json& entry(const Json& object, std::string_view key) {
  static const Json kNull;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : kNull;
}

std::int64_t bytes_of_file(const Json& file) {
  const auto& bytes = entry(file, "bytes");
  const auto count = bytes.is_number_integer() ? bytes.get<std::int64_t>() : 0;
  return count >= 0 && count <= kMostBytes ? count : 0;
}

bool same_file(const Json& before, const Json& now) {
  return entry(before, "bytes") == entry(now, "bytes") && entry(before, "xxh3_128") == entry(now, "xxh3_128");
}

std::vector<std::string> folders_of(const Json& record, bool trained_on) {
  std::vector<std::string> folders;
  for (const auto& [folder, text] : record.items())
    if (is_trained_on(folder) == trained_on) folders.push_back(folder);
  return folders;
}

std::string shown_path(const Json& file) {
  const auto& path = entry(file, "path");
  return path.is_string() ? path.get<std::string>() : "?";
}

// "train.en and train.de, 10,000 pairs, 512,345 bytes"
std::string described(const Json& text) {
  std::vector<std::string> paths;
  std::int64_t bytes = 0;
  for (const auto& file : entry(text, "files")) {
    paths.push_back(shown_path(file));
    bytes += bytes_of_file(file);
  }
  std::string line = join(paths, " and ");
  for (const std::string_view counted : {"pairs", "documents", "tokens"})
    if (const auto& count = entry(entry(text, "counts"), counted); count.is_number_integer())
      line += concat(", ", format_count(count.get<std::int64_t>()), " ", counted);
  return concat(line, ", ", format_count(bytes), " bytes");
}

}  // namespace

bool is_trained_on(std::string_view folder) { return folder.starts_with(kTraining); }

const Json& files_in(const Json& record, std::string_view folder) { return entry(entry(record, folder), "files"); }

std::optional<FileDifference> difference_of_files(const Json& before, const Json& now) {
  if (!before.is_array()) return std::nullopt;
  for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
    if (same_file(before[i], now[i])) continue;
    const auto was = bytes_of_file(before[i]), is = bytes_of_file(now[i]);
    return FileDifference{i, was == is ? "other text of the same size"
                                       : concat(format_count(is), " bytes instead of ", format_count(was))};
  }
  if (before.size() == now.size()) return std::nullopt;
  return FileDifference{now.size() - 1, concat(now.size(), " files instead of ", before.size())};
}

bool same_training(const Json& before, const Json& now) { return training_changes(before, now).empty(); }

bool same_validation(const Json& before, const Json& now) {
  if (before.empty() || now.empty()) return true;
  const auto folders = folders_of(now, false);
  if (folders_of(before, false) != folders) return false;
  for (const auto& folder : folders) {
    if (difference_of_files(files_in(before, folder), files_in(now, folder))) return false;
    if (entry(entry(before, folder), "made_from") != entry(entry(now, folder), "made_from")) return false;
  }
  return true;
}

std::vector<std::string> training_changes(const Json& before, const Json& now) {
  std::vector<std::string> changes;
  if (before.empty() || now.empty()) return changes;
  for (const auto& folder : folders_of(now, true)) {
    const auto &was = entry(before, folder), &is = entry(now, folder);
    if (was.is_null()) changes.push_back(concat("new: ", described(is)));
    else if (difference_of_files(files_in(before, folder), files_in(now, folder)))
      changes.push_back(concat("other text: ", described(is), "; before: ", described(was)));
  }
  for (const auto& folder : folders_of(before, true))
    if (entry(now, folder).is_null()) changes.push_back(concat("gone: ", described(entry(before, folder))));
  return changes;
}

std::string training_hash(const Json& record) {
  std::string hashes;
  for (const auto& folder : folders_of(record, true))
    for (const auto& file : files_in(record, folder)) hashes += entry(file, "xxh3_128").dump() + "\n";
  return xxh3_128(hashes);
}

}  // namespace attend
