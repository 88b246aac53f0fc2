#include "attend/training/metrics_log.h"

#include <algorithm>
#include <array>
#include <optional>

#include "attend/core/limits.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::string_view kWall = "wall_";
constexpr std::array<std::string_view, 3> kNoMeasurement{"step", "epoch", "wall_seconds"};

// What a run goes on after.
struct Point {
  std::int64_t step;
  bool validated;
};

bool stays(const Json& line, const Point& point) {
  const auto at = line.at("step").get<std::int64_t>();
  const bool again = at == point.step && !point.validated && line.value("split", Json()) != "train";
  return at <= point.step && !again && !line.contains("model");
}

// Nothing for what is no line of ours.
std::optional<Json> parse_line(std::string_view line, const std::string& where) {
  if (line.size() > kMaxMetricsLineBytes) return std::nullopt;
  try {
    auto json = parse_json(line, where);
    const bool ours = json.is_object() && json.contains("step") && json["step"].is_number_integer();
    return ours ? std::optional(std::move(json)) : std::nullopt;
  } catch (const ModelError&) {
    return std::nullopt;
  }
}

// The lines that stay, moved together in the text itself: the file may be large. The number of those that are none of
// ours.
std::int64_t cut_lines(std::string& text, const Point& point, const std::string& where) {
  std::size_t kept = 0;
  std::int64_t foreign = 0;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const auto line = parse_line(std::string_view(text).substr(begin, end - begin), where);
    foreign += line ? 0 : 1;
    if (!line || !stays(*line, point)) continue;
    std::copy(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end),
              text.begin() + static_cast<std::ptrdiff_t>(kept));
    kept += end - begin;
    if (end == text.size()) text.push_back('\n');  // a last line without its end
    text[kept++] = '\n';
  }
  text.resize(kept);
  return foreign;
}

fs::path cut(const fs::path& path, const Point& point) {
  if (status_of(path).is_nothing()) return path;
  auto text = read_file(path, kMaxMetricsBytes);
  if (const auto foreign = cut_lines(text, point, path.string()); foreign > 0)
    log_warning("[", path.string(), "] ", format_count(foreign), foreign == 1 ? " line is" : " lines are",
                " no measurement (torn, damaged, or longer than 1 MiB) and left out");
  write_file_atomically(path, text);
  return path;
}

}  // namespace

MetricsLog::MetricsLog(const fs::path& run, std::int64_t step, bool validated)
    : lines_(cut(run / "metrics.jsonl", {step, validated}), OutputFile::Mode::append), events_(run, step + 1) {}

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
