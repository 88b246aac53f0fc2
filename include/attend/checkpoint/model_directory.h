// A stored model is a directory that needs nothing else: config.yaml, model.safetensors, its tokenizer files and
// manifest.json.
#pragma once

#include <filesystem>
#include <memory>

#include "attend/checkpoint/tensor_file.h"
#include "attend/data/parallel_dataset.h"
#include "attend/models/model.h"
#include "attend/storage/atomic_directory.h"
#include "attend/storage/manifest.h"
#include "attend/tensor/runtime.h"

namespace attend {

// Returns the parameters by name (docs/parameter-names.md), without copying them.
NamedTensors parameters_of(const torch::nn::Module& model);
// Copies values into a model. Throws a ModelError that names the first missing, unknown or wrongly shaped tensor.
void set_parameters(torch::nn::Module& model, const NamedTensors& values, std::string_view where);

// Writes a model's files into a directory that is being made. The caller adds other files and commits.
void write_model(AtomicDirectory& directory, const Config& config, const NamedTensors& parameters,
                 const Tokenizers& tokenizers);

// Loads tokenizer.model, tokenizer.json or vocab.json. With two vocabularies the files are {source,target}.model,
// .tokenizer.json or .vocab.json. Throws ModelError when there is none; but if a model with this config has no
// tokenizer, returns none.
Tokenizers load_tokenizers(const std::filesystem::path& directory, const Config& config = {});

// Reads config.yaml of a model directory. Throws ModelError when it is missing or is not a config.
Config read_model_config(const std::filesystem::path& directory);

struct LoadedModel {
  Config config;  // as stored; runtime keys still say auto
  Tokenizers tokenizers;
  std::shared_ptr<Model> model;  // on the device, in evaluation mode, with working copies of runtime.compute
  std::filesystem::path path;    // the directory that was really loaded
};

// Loads a model, checkpoint or run directory. Every hash is verified, and sizes are checked before memory is allocated.
// A checkpoint with a moving average (ema.safetensors) gives the averaged model.
LoadedModel load_model(const std::filesystem::path& path, const Runtime& runtime);
// Loads a model or checkpoint directory whose files were hashed already. Config, tokenizers and weights are checked as
// in load_model.
LoadedModel load_listed_model(const std::filesystem::path& directory, const Manifest& manifest, const Runtime& runtime);

// Returns how many vocabulary rows the tokenizers need, and the ids that a model must know. For translation, throws
// ModelError when padding, start or end is missing, or when both sides have different padding ids.
Vocabularies vocabularies_of(const Tokenizers& tokenizers);
Vocabularies vocabularies_of(const Config& config, const Tokenizers& tokenizers);

}  // namespace attend
