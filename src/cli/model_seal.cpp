// attend model seal DIR: hashes made anew after an edit, once config, tokenizers and weights are known to fit.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

void require_model_directory(const fs::path& directory) {
  if (const auto status = status_of(directory); !status.is_directory())
    throw ModelError("[", directory.string(), "] expected a model or checkpoint directory, got ",
                     status.is_nothing() ? "none" : status.what(), "; check the path");
  for (const char* name : {"config.yaml", "model.safetensors"})
    if (!status_of(directory / name).is_file())
      throw ModelError("[", directory.string(), "] expected a model or checkpoint directory, got one without ", name,
                       "; of a run name final/ or one of its checkpoints");
}

// Everything that will be hashed is read as whoever loads it later would read it.
void check_content(const fs::path& directory, const Manifest& manifest) {
  RuntimeConfig machine;
  machine.device = "cpu";
  machine.precision = Precision::fp32;
  const auto loaded = load_listed_model(directory, manifest, start_runtime(machine));
  for (const auto& [name, file] : manifest.files) {
    const auto path = directory / name;
    if (name == "model.safetensors" || name == "ema.safetensors")
      set_parameters(*loaded.model, load_tensors(path), path.string());
    else if (path.extension() == ".safetensors") load_tensors(path);
    else if (path.extension() == ".json") read_json(path);
  }
}

// What manifest.json says so far; nothing where it is missing or no manifest.
std::optional<Manifest> former_manifest(const fs::path& directory) {
  try {
    return read_manifest(directory);
  } catch (const ModelError& error) {
    log_info("the former hashes say nothing: ", error.what());
    return std::nullopt;
  }
}

std::vector<std::string> changed_files(const Manifest& before, const Manifest& now) {
  std::vector<std::string> lines;
  for (const auto& [name, file] : now.files) {
    const auto was = before.files.find(name);
    if (was == before.files.end())
      lines.push_back(concat("new: ", name, ", ", format_count(static_cast<std::int64_t>(file.bytes)), " bytes"));
    else if (was->second.xxh3_128 != file.xxh3_128)
      lines.push_back(concat("changed: ", name, ", ", format_count(static_cast<std::int64_t>(was->second.bytes)),
                             " -> ", format_count(static_cast<std::int64_t>(file.bytes)), " bytes"));
  }
  for (const auto& [name, file] : before.files)
    if (!now.files.contains(name)) lines.push_back(concat("gone: ", name));
  return lines;
}

void seal(const fs::path& directory) {
  require_model_directory(directory);
  const Manifest now = manifest_of(directory);
  check_content(directory, now);
  const auto before = former_manifest(directory);
  const auto lines = before ? changed_files(*before, now) : std::vector<std::string>{};
  if (before && lines.empty()) return log_info(directory.string(), " is as its hashes say: nothing was changed");
  for (const auto& line : lines) log_info(line);
  write_manifest(directory, now);
  log_info("sealed ", directory.string(), ": ", now.files.size(), " files");
}

}  // namespace

void add_model_seal(CLI::App& model_verb) {
  const auto directory = std::make_shared<std::string>();
  CLI::App* verb = model_verb.add_subcommand(
      "seal", "new hashes for a model directory that was edited, after a check that its files fit together");
  verb->add_option("DIR", *directory, "a model or checkpoint directory")->required()->type_name("DIR");
  verb->callback([directory] { seal(*directory); });
}

}  // namespace attend
