#include "attend/training/metrics_log.h"

#include <algorithm>
#include <array>

#include "attend/core/limits.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::string_view kWall = "wall_";
constexpr std::array<std::string_view, 3> kNoMeasurement{"step", "epoch", "wall_seconds"};

bool stays(const Json& line, std::int64_t step) {
  const auto at = line.find("step");
  return at != line.end() && at->is_number_integer() && at->get<std::int64_t>() <= step && !line.contains("model");
}

fs::path cut(const fs::path& path, std::int64_t step) {
  if (!fs::exists(path)) return path;
  std::string kept;
  for (const auto& line : split(read_file(path, kMaxMetricsBytes), '\n')) {
    const auto json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && stays(json, step)) kept += line + "\n";
  }
  write_file_atomically(path, kept);
  return path;
}

}  // namespace

MetricsLog::MetricsLog(const fs::path& run, std::int64_t step)
    : lines_(cut(run / "metrics.jsonl", step), OutputFile::Mode::append), events_(run, step + 1) {}

void MetricsLog::write(const Json& line) {
  lines_.write(line.dump() + "\n");
  auto prefix = line.at("split").get<std::string>();
  if (line.contains("model")) prefix.append("_").append(line["model"].get<std::string>());
  std::map<std::string, double> scalars;
  for (const auto& [name, value] : line.items()) {
    if (!value.is_number() || std::ranges::find(kNoMeasurement, name) != kNoMeasurement.end()) continue;
    scalars[prefix + "/" + (name.starts_with(kWall) ? name.substr(kWall.size()) : name)] = value.get<double>();
  }
  events_.add_scalars(line.at("step").get<std::int64_t>(), scalars);
}

}  // namespace attend
