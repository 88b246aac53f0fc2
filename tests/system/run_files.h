// What a training leaves in its directory.
#pragma once

#include <nlohmann/json.hpp>

#include "attend/storage/manifest.h"
#include "tests/system/tiny.h"

namespace attend::test {

// The lines of metrics.jsonl.
inline std::vector<nlohmann::json> metrics_of(const std::filesystem::path& run) {
  std::vector<nlohmann::json> lines;
  for (const auto& line : lines_of(slurp(run / "metrics.jsonl"))) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// The hash of a model's weights, which is in its manifest.
inline std::string weights_hash(const std::filesystem::path& model) {
  return read_manifest(model).files.at("model.safetensors").xxh3_128;
}

}  // namespace attend::test
