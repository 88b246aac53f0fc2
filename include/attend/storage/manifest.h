// manifest.json: the last file written into a directory, so a directory that has one is whole.
//
//   {"checksum": "...", "files": {"config.yaml": {"bytes": 812, "xxh3_128": "..."}, ...}, "format": 1}
//
// Names are plain: no '/', no "..", no leading dot, no links. Hidden files (".DS_Store") do not count.
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

// Another version of Attend wrote the directory: it is not damaged, and this program cannot read it.
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

// sizes: milliseconds; hashes: also every byte, about a second a GB.
enum class ManifestCheck { sizes, hashes };

// True for a name that stays inside its directory and is not hidden.
bool is_plain_name(std::string_view name);
bool has_manifest(const std::filesystem::path& directory);

// What is in the directory now, hashed (regular files only, ModelError otherwise).
Manifest manifest_of(const std::filesystem::path& directory);
// Writes manifest.json: of what is there now, or as given.
void write_manifest(const std::filesystem::path& directory);
void write_manifest(const std::filesystem::path& directory, const Manifest& manifest);
// Parses it; believes no name, number or version in it. ModelError, OtherFormatError.
Manifest read_manifest(const std::filesystem::path& directory);
// What a manifest does not list belongs to no model: nobody reads it. listed_file() is the path of a file that it lists; ModelError.
bool lists_file(const std::filesystem::path& directory, const std::string& name);
std::filesystem::path listed_file(const std::filesystem::path& directory, const std::string& name);
// One file is as the manifest lists it, every byte. ModelError names it.
void verify_file(const std::filesystem::path& directory, const std::string& name);
// Every listed file is there as it was written, and no other is. ModelError names the file that differs.
Manifest verify_manifest(const std::filesystem::path& directory, ManifestCheck check = ManifestCheck::hashes);

}  // namespace attend
