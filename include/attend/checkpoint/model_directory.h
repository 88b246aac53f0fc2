// A model is a directory that needs nothing else: config.yaml, model.safetensors, its tokenizer files, manifest.json.
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

// Parameters by name (docs/parameter-names.md), as they are.
NamedTensors parameters_of(const torch::nn::Module& model);
// Copies values into a model. ModelError names the first missing, unknown or wrongly shaped tensor.
void set_parameters(torch::nn::Module& model, const NamedTensors& values, std::string_view where);

// Writes a model's files into a directory that is being made; the caller adds others and commits.
void write_model(AtomicDirectory& directory, const Config& config, const NamedTensors& parameters, const Tokenizers& tokenizers);

// tokenizer.model, tokenizer.json or vocab.json; for two vocabularies {source,target}.model, .tokenizer.json or
// .vocab.json. ModelError when none is there. Nothing where a model of that config has none.
Tokenizers load_tokenizers(const std::filesystem::path& directory, const Config& config = {});

// config.yaml of a model directory; ModelError where it is missing or is none.
Config read_model_config(const std::filesystem::path& directory);

struct LoadedModel {
  Config config;  // as stored; runtime keys still say auto
  Tokenizers tokenizers;
  std::shared_ptr<Model> model;      // on the device, in evaluation, with working copies of runtime.compute
  std::filesystem::path path;             // the directory that was really loaded
};

// `path`: a model, checkpoint or run directory. Every hash is verified; sizes are checked before anything is allocated.
// A checkpoint with a moving average (ema.safetensors) is loaded as the averaged model.
LoadedModel load_model(const std::filesystem::path& path, const Runtime& runtime);
// A model or checkpoint directory whose files were hashed already: config, tokenizers and weights are checked as above.
LoadedModel load_listed_model(const std::filesystem::path& directory, const Manifest& manifest, const Runtime& runtime);

// How many vocabulary rows the tokenizers give, and the ids a model must know. Of a translation a ModelError where padding,
// start or end is missing, or the two sides name different padding.
Vocabularies vocabularies_of(const Tokenizers& tokenizers);
Vocabularies vocabularies_of(const Config& config, const Tokenizers& tokenizers);

}  // namespace attend
