#include "cache_header.h"

#include "attend/core/error.h"

namespace attend {
namespace {

constexpr std::uint64_t kVersion = 2;
constexpr std::uint64_t kMostCounted = (std::uint64_t{1} << 40) - 1;

CacheHeader parse_header(const Json& json, const std::string& format, const std::string& where) {
  if (json.at("format") != format || json_unsigned(json.at("version"), where) != kVersion)
    throw ModelError("[", where, "] expected \"format\": \"", format, "\" of version ", kVersion, ", got another");
  CacheHeader header;
  if (!json.at("counts").is_object())
    throw ModelError("[", where, "] expected an object of counts, got ", json.at("counts").type_name());
  for (const auto& [name, count] : json.at("counts").items())
    if (json_unsigned(count, where) > kMostCounted)
      throw ModelError("[", where, "] expected a sane number of ", name, ", got ", count.dump());
  header.counts = json.at("counts");
  header.made_from = json.at("made_from");
  for (const Json& file : json.at("files"))
    header.files.push_back({file.at("path").get<std::string>(), file.at("xxh3_128").get<std::string>(),
                            json_unsigned(file.at("bytes"), where)});
  return header;
}

}  // namespace

std::vector<TextFile> look_at_files(const std::vector<fs::path>& paths) {
  std::vector<TextFile> files;
  for (const auto& path : paths) {
    const auto status = status_of(path);
    if (!status.is_file())
      throw DataError("[", path.string(), "] expected a readable text file, got ", status.what(),
                      status.exists() ? "; it is read more than once" : remedy_of_reading(status.reason));
    files.push_back({path.string(), "", status.bytes});
  }
  return files;
}

void write_header(const fs::path& path, const std::string& format, const CacheHeader& header) {
  Json json = {{"format", format}, {"version", kVersion}, {"made_from", header.made_from}, {"counts", header.counts}};
  for (const auto& file : header.files)
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"xxh3_128", file.xxh3_128}});
  OutputFile file(path);
  file.write(json.dump(1) + "\n");
  file.close();
}

CacheHeader read_header(const fs::path& path, const std::string& format) {
  const Json json = read_json(path);
  try {
    return parse_header(json, format, path.string());
  } catch (const Json::exception& fault) {
    throw ModelError("[", path.string(), "] expected the header of encoded text, got ", fault.what());
  }
}

}  // namespace attend
