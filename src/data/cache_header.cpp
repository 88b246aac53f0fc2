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
  for (const auto& [name, count] : json.at("counts").items())
    if (json_unsigned(count, where) > kMostCounted)
      throw ModelError("[", where, "] expected a sane number of ", name, ", got ", count.dump());
  header.counts = json.at("counts");
  header.made_from = json.at("made_from");
  for (const Json& file : json.at("files"))
    header.files.push_back({file.at("path").get<std::string>(), file.at("xxh3_128").get<std::string>(),
                            json_unsigned(file.at("bytes"), where), file.at("time").get<std::int64_t>()});
  return header;
}

}  // namespace

std::vector<TextFile> look_at_files(const std::vector<fs::path>& paths) {
  std::vector<TextFile> files;
  for (const auto& path : paths) {
    std::error_code fault;
    if (!fs::is_regular_file(path, fault))
      throw DataError("[", path.string(), "] expected a readable text file, got ",
                      fault ? fault.message() : "something that is no regular file", "; check the path");
    files.push_back({path.string(), "", fs::file_size(path), fs::last_write_time(path).time_since_epoch().count()});
  }
  return files;
}

void write_header(const fs::path& path, const std::string& format, const CacheHeader& header) {
  Json json = {{"format", format}, {"version", kVersion}, {"made_from", header.made_from}, {"counts", header.counts}};
  for (const auto& file : header.files)
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"time", file.time}, {"xxh3_128", file.xxh3_128}});
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
