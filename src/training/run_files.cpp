#include "attend/training/run_files.h"

#include <torch/types.h>

#include <cmath>

#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::uint64_t kMaxMetricsBytes = 1ull << 30;

// m:ss or h:mm:ss
std::string clock_text(double seconds) {
  const auto total = static_cast<std::int64_t>(std::llround(seconds));
  const auto two = [](std::int64_t n) { return concat(n < 10 ? "0" : "", n); };
  if (total >= 3600) return concat(total / 3600, ":", two(total / 60 % 60), ":", two(total % 60));
  return concat(total / 60, ":", two(total % 60));
}

// Seconds until the first limit is reached, or a negative number where that is not known.
double seconds_left(const ProgressInput& in) {
  double left = -1;
  const auto consider = [&](double seconds) { left = left < 0 ? seconds : std::min(left, seconds); };
  const double per_step = in.seconds / static_cast<double>(std::max<std::int64_t>(in.state.step, 1));
  if (in.config.max_steps > 0) consider(per_step * static_cast<double>(in.config.max_steps - in.state.step));
  if (in.config.max_minutes > 0) consider(60 * in.config.max_minutes - in.seconds);
  return left;
}

// What a run that had not stopped at `step` would have written as well: no measurement of an end.
bool stays(const Json& line, const TrainingConfig& config, std::int64_t step) {
  const auto at = line.find("step");
  if (at == line.end() || !at->is_number_integer() || at->get<std::int64_t>() > step) return false;
  if (line.contains("model")) return false;  // "final"
  const bool validation = line.contains("split") && line["split"] == "validation";
  return !validation || at->get<std::int64_t>() % config.validate_every.count == 0;
}

}  // namespace

fs::path prepare_metrics(const fs::path& path, const TrainingConfig& config, std::int64_t step) {
  if (!fs::exists(path)) return path;
  std::string kept;
  for (const auto& line : split(read_file(path, kMaxMetricsBytes), '\n')) {
    const auto json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && stays(json, config, step)) kept += line + "\n";
  }
  write_file_atomically(path, kept);
  return path;
}

std::string progress_line(const ProgressInput& in) {
  std::string line = concat("update ", format_count(in.state.step));
  if (in.config.max_steps > 0) line += concat("/", format_count(in.config.max_steps));
  const double epoch = static_cast<double>(in.state.cursor.epoch) +
                       static_cast<double>(in.state.cursor.index) / static_cast<double>(std::max<std::int64_t>(in.epoch_batches, 1));
  line += concat("  epoch ", format_fixed(epoch, 2), "  loss ", format_fixed(in.report.loss, 3), "  ppl ",
                 format_fixed(std::exp(std::min(in.report.nll, 50.0)), 2), "  lr ", format_fixed(in.lr, 6), "  |g| ",
                 format_fixed(in.report.gradient_norm, 2), "  ", format_count(std::llround(in.tokens_per_second)), " tok/s");
  const double left = seconds_left(in);
  if (left >= 0) line += concat("  left ", clock_text(left));
  return line;
}

NamedTensors final_parameters(const RunDirectory& run, const TrainingConfig& config, std::int64_t best_step) {
  const auto weights = [&](std::int64_t step) { return load_tensors(run.checkpoint_path(step) / "model.safetensors"); };
  std::vector<std::int64_t> steps;
  for (const auto step : run.checkpoints())
    if (step % config.save_every.count == 0) steps.push_back(step);
  const auto count = std::min<std::size_t>(steps.size(), static_cast<std::size_t>(config.average_checkpoints));
  if (count == 0) return weights(best_step);

  NamedTensors sum;
  for (auto step = steps.end() - static_cast<std::ptrdiff_t>(count); step != steps.end(); ++step)
    for (const auto& [name, tensor] : weights(*step)) {
      const auto value = tensor.to(at::kDouble);
      auto [place, added] = sum.emplace(name, value);
      if (!added) place->second += value;
    }
  log_info("final model: average of the last ", count, " checkpoints");
  for (auto& [name, tensor] : sum) tensor = (tensor / static_cast<double>(count)).to(at::kFloat);
  return sum;
}

}  // namespace attend
