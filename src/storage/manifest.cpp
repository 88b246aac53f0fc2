#include "attend/storage/manifest.h"

#include "attend/core/file.h"
#include "attend/core/hash.h"
#include "attend/core/json.h"
#include "attend/core/limits.h"
#include "attend/core/log.h"

namespace attend {

namespace {

constexpr std::string_view kDirectoryDamaged = "; the directory is damaged, take another checkpoint or copy it again";

// Names of what belongs to the directory, manifest.json aside. Links and directories are refused.
std::map<std::string, std::uint64_t> files_in(const fs::path& directory) {
  std::map<std::string, std::uint64_t> sizes;
  std::error_code fault;
  for (const auto& name : names_in(directory, fault)) {
    if (name == kManifestName || name.front() == '.') continue;
    const auto status = status_of_link(directory / name);
    if (!status.is_file())
      throw ModelError("[", (directory / name).string(), "] expected a regular file, got ", status.what(),
                       "; remove it");
    sizes[name] = status.bytes;
  }
  if (fault) throw ModelError("[", directory.string(), "] expected a readable directory, got: ", fault.message());
  return sizes;
}

std::string text_of(const Manifest& manifest) {
  Json files = Json::object();
  for (const auto& [name, file] : manifest.files) files[name] = {{"bytes", file.bytes}, {"xxh3_128", file.xxh3_128}};
  // The checksum tells damage of the manifest from damage of the files that it lists.
  return Json{{"checksum", xxh3_128(files.dump())}, {"files", files}, {"format", kManifestFormat}}.dump(1) + "\n";
}

void check_format(const Json& root, const std::string& where) {
  if (!root.is_object() || !root.contains("format"))
    throw ModelError("[", where, "] expected an object with a \"format\", got none", kDirectoryDamaged);
  const auto format = json_unsigned(root["format"], where);
  if (format == kManifestFormat) return;
  const bool older = format < kManifestFormat;
  throw OtherFormatError("[", where, "] expected format ", kManifestFormat, ", got ", format, ": ",
                         older ? "an older" : "a newer", " version of attend wrote this directory; ",
                         older ? "read it with that one" : "update attend to read it");
}

ManifestFile parse_file(const Json& value, const std::string& name, const std::string& where) {
  if (!is_plain_name(name) || name == kManifestName)
    throw ModelError("[", where, "] expected plain file names, got \"", name, "\"", kDirectoryDamaged);
  if (!value.is_object() || !value.contains("bytes") || !value.contains("xxh3_128") || !value["xxh3_128"].is_string())
    throw ModelError("[", where, "] \"", name, "\": expected bytes and xxh3_128, got something else",
                     kDirectoryDamaged);
  return {json_unsigned(value["bytes"], where), value["xxh3_128"].get<std::string>()};
}

// The manifest is whole, so the file is not what was written: damage, or of a model somebody's edit. A cache is made
// again.
std::string changed_since_written(const fs::path& path) {
  const auto directory = path.parent_path();
  const std::string changed = "; the file was changed since it was written";
  if (!status_of(directory / "config.yaml").is_file()) return changed;
  return concat(changed, ": take another checkpoint or copy it again, or after an edit of your own: attend model seal ",
                directory.string());
}

void check_file(const fs::path& path, const ManifestFile& expected, std::uint64_t bytes, ManifestCheck check) {
  if (bytes != expected.bytes)
    throw ModelError("[", path.string(), "] expected ", expected.bytes, " bytes, got ", bytes,
                     changed_since_written(path));
  if (check == ManifestCheck::sizes) return;
  const auto hash = xxh3_128_of_file(path);
  if (hash != expected.xxh3_128)
    throw ModelError("[", path.string(), "] expected the bytes that were written (XXH3 ", expected.xxh3_128,
                     "), got others (", hash, ")", changed_since_written(path));
}

}  // namespace

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.size() > 255) return false;
  for (const char c : name)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

bool has_manifest(const fs::path& directory) { return status_of_link(directory / kManifestName).is_file(); }

Manifest manifest_of(const fs::path& directory) {
  Manifest manifest;
  for (const auto& [name, bytes] : files_in(directory))
    manifest.files[name] = {bytes, xxh3_128_of_file(directory / name)};
  return manifest;
}

void write_manifest(const fs::path& directory) { write_manifest(directory, manifest_of(directory)); }

void write_manifest(const fs::path& directory, const Manifest& manifest) {
  write_file_atomically(directory / kManifestName, text_of(manifest));
}

Manifest read_manifest(const fs::path& directory) {
  const auto path = directory / kManifestName;
  const auto where = path.string();
  if (!has_manifest(directory))
    throw ModelError("[", where,
                     "] expected this file, got none: the directory is no model, or its writing was cut short");
  const auto root = read_json(path);
  check_format(root, where);
  if (!root.contains("files") || !root["files"].is_object())
    throw ModelError("[", where, "] expected an object \"files\", got none", kDirectoryDamaged);
  Manifest manifest;
  for (const auto& [name, value] : root["files"].items()) manifest.files[name] = parse_file(value, name, where);
  // Whatever parsing lets pass (a digit, a space, an unknown key) shows when the text is made anew.
  if (text_of(manifest) != read_file(path, kMaxJsonBytes))
    throw ModelError("[", where, "] expected the text that attend wrote, got an edited or damaged one",
                     kDirectoryDamaged);
  return manifest;
}

bool lists_file(const fs::path& directory, const std::string& name) {
  return read_manifest(directory).files.contains(name);
}

fs::path listed_file(const fs::path& directory, const std::string& name) {
  if (!lists_file(directory, name))
    throw ModelError("[", (directory / kManifestName).string(), "] expected it to list ", name,
                     ", got a directory without such a file",
                     status_of(directory / name).exists() ? "; what lies there under this name is not read" : "",
                     kDirectoryDamaged);
  return directory / name;
}

void verify_file(const fs::path& directory, const std::string& name) {
  const auto manifest = read_manifest(directory);
  const auto listed = manifest.files.find(name);
  const auto found = files_in(directory);
  if (listed == manifest.files.end() || !found.contains(name))
    throw ModelError("[", (directory / name).string(), "] expected this file, got none", kDirectoryDamaged);
  check_file(directory / name, listed->second, found.at(name), ManifestCheck::hashes);
}

Manifest verify_manifest(const fs::path& directory, ManifestCheck check) {
  auto manifest = read_manifest(directory);
  const auto found = files_in(directory);
  for (const auto& [name, bytes] : found)
    if (!manifest.files.contains(name))
      log_warning("[", (directory / name).string(), "] is none of the files that ", kManifestName,
                  " lists; passed over");
  for (const auto& [name, file] : manifest.files) {
    if (!found.contains(name))
      throw ModelError("[", (directory / name).string(), "] expected this file, got none", kDirectoryDamaged);
    check_file(directory / name, file, found.at(name), check);
  }
  return manifest;
}

}  // namespace attend
