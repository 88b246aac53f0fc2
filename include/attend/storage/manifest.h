// manifest.json lists the files of a directory. It is written last, so a directory that has one is whole.
//
//   {"checksum": "...", "files": {"config.yaml": {"bytes": 812, "xxh3_128": "..."}, ...}, "format": 1}
//
// File names are plain: no '/', no "..", no leading dot, no links. Hidden files (".DS_Store") are ignored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "attend/core/error.h"

namespace attend {

inline constexpr std::uint64_t kManifestFormat = 1;
inline constexpr std::string_view kManifestName = "manifest.json";

// Another version of Attend wrote the directory. It is not damaged, but this program cannot read it.
class OtherFormatError : public ModelError {
 public:
  using ModelError::ModelError;
};

struct ManifestFile {
  std::uint64_t bytes = 0;
  std::string xxh3_128;
};

struct Manifest {
  std::map<std::string, ManifestFile> files;
};

// `sizes` compares sizes only, in milliseconds; `hashes` also reads every byte, about a second per GB.
enum class ManifestCheck { sizes, hashes };

// True for a name that stays inside its directory and is not hidden.
bool is_plain_name(std::string_view name);
bool has_manifest(const std::filesystem::path& directory);

// Hashes the files that are in the directory now. Throws ModelError for anything but regular files.
Manifest manifest_of(const std::filesystem::path& directory);
// Write manifest.json for the files that are there now, or as given.
void write_manifest(const std::filesystem::path& directory);
void write_manifest(const std::filesystem::path& directory, const Manifest& manifest);
// Parses the manifest and checks every name, number and version in it. Throws ModelError or OtherFormatError.
Manifest read_manifest(const std::filesystem::path& directory);
// A file that the manifest does not list is no part of the model and is never read. listed_file() returns the path of a
// listed file, and throws ModelError for any other.
bool lists_file(const std::filesystem::path& directory, const std::string& name);
std::filesystem::path listed_file(const std::filesystem::path& directory, const std::string& name);
// Checks every byte of one file against the manifest. Throws a ModelError that names the file.
void verify_file(const std::filesystem::path& directory, const std::string& name);
// Checks that every listed file is unchanged and that there are no others. Throws a ModelError that names the file.
Manifest verify_manifest(const std::filesystem::path& directory, ManifestCheck check = ManifestCheck::hashes);

}  // namespace attend
