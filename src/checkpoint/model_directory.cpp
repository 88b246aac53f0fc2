#include "attend/checkpoint/model_directory.h"

#include <torch/types.h>

#include <set>
#include <string_view>
#include <utility>

#include "attend/config/load.h"
#include "attend/config/print.h"
#include "attend/core/error.h"
#include "attend/core/limits.h"
#include "attend/data/language_corpora.h"
#include "attend/models/build.h"
#include "attend/nn/trained_module.h"
#include "attend/storage/manifest.h"
#include "attend/storage/run_directory.h"
#include "attend/storage/safetensors.h"

namespace attend {
namespace {

std::string shape_text(at::IntArrayRef shape) { return concat(shape); }

void write_tokenizer(AtomicDirectory& directory, const Tokenizer& tokenizer, const std::string& side) {
  const std::string shared(tokenizer.file_extension());
  const auto name = side.empty() ? shared : side + (shared == "tokenizer.model" ? ".model" : "." + shared);
  OutputFile file(directory.file(name));
  file.write(tokenizer.serialized());
  file.close();
}

// Only a file that the manifest lists: another one beside it is not the model's.
struct Listed {
  std::filesystem::path directory;
  Manifest manifest;
  bool has(const std::string& name) const { return manifest.files.contains(name); }
  std::filesystem::path file(const std::string& name) const {
    return has(name) ? directory / name : listed_file(directory, name);  // the latter says what is missing
  }
};
std::shared_ptr<const Tokenizer> find_tokenizer(const Listed& listed, const TokenizerConfig& config,
                                                const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (listed.has(name)) return load_tokenizer(listed.directory / name, spelled_specials_of(config));
  return nullptr;
}

Tokenizers find_tokenizers(const Listed& listed, const TokenizersConfig& config) {
  if (const auto shared = find_tokenizer(listed, config.source, {"tokenizer.model", "tokenizer.json", "vocab.json"}))
    return {shared, shared};
  const auto source =
      find_tokenizer(listed, config.source, {"source.model", "source.tokenizer.json", "source.vocab.json"});
  const auto target = find_tokenizer(listed, config.two ? config.target : config.source,
                                     {"target.model", "target.tokenizer.json", "target.vocab.json"});
  if (!source || !target)
    throw ModelError(
        "[", listed.directory.string(),
        "] expected tokenizer.model, tokenizer.json, vocab.json, or one file each for source and target, got none");
  return {source, target};
}

Config config_in(const std::filesystem::path& yaml) {
  try {
    return parse_stored_config(read_file(yaml, kMaxYamlBytes), yaml.string()).config;
  } catch (const Error& fault) {
    throw ModelError("[", yaml.parent_path().string(), "] expected the config of a model, got: ", fault.what());
  }
}

// Bytes that the large tensors of a config need at least (two a number). In double: a hostile config would overflow.
double least_bytes(const ModelConfig& m, const Vocabularies& vocabularies) {
  const auto number = [](std::int64_t n) { return static_cast<double>(n); };
  const bool encoder = parts_of(m.architecture).encoder;
  const double layers = number((encoder ? m.encoder_layers : 0) + m.decoder_layers), width = number(m.d_model);
  const double rows = number(std::max(vocabularies.source, vocabularies.target));
  double tables = 0;  // numbers of positions
  const auto add_tables = [&](std::int64_t count, const auto& position_of) {
    for (std::int64_t layer = 0; layer < count; ++layer) {
      const PositionConfig& position = position_of(m, layer);
      const bool first = layer == 0 || &position != &position_of(m, layer - 1);
      const auto* learned = position.find<LearnedOptions>();
      const auto* t5 = position.find<T5Options>();
      const auto* shaw = position.find<ShawOptions>();
      if (learned && layer == 0) tables += number(learned->max_length) * width;
      if (t5 && first) tables += number(t5->buckets) * number(m.num_heads);
      if (shaw) tables += (2 * number(shaw->max_distance) + 1) * number(*m.d_head);
    }
  };
  add_tables(m.decoder_layers, decoder_position_of);
  if (encoder) add_tables(m.encoder_layers, encoder_position_of);
  return 2 * (tables + width * (rows + layers * (number(m.d_ff) + number(m.num_heads) * number(*m.d_head))));
}

// Compared with the file before the model is built: a hostile config must not allocate.
void check_size(const Config& config, const Vocabularies& vocabularies, const std::filesystem::path& weights) {
  const SafetensorsFile file(weights);
  std::uint64_t stored = 0;
  for (const auto& entry : file.entries()) stored += entry.bytes();
  const auto& m = config.model;
  if (least_bytes(m, vocabularies) > static_cast<double>(stored))
    throw ModelError("[", weights.string(), "] expected weights for config.yaml's ", m.encoder_layers, " + ",
                     m.decoder_layers, " layers of width ", m.d_model, ", got only ", stored,
                     " bytes; the two files do not belong together");
}

// Of ids in files the size is what the config says, and may be more than the tokenizer's.
Vocabularies language_vocabulary(const Config& config, const Tokenizer* tokenizer) {
  constexpr std::int64_t kNoPadding = -1;
  const auto& stream = config.data.train.front().tokens;
  if (!tokenizer && !stream)
    throw ModelError("[tokenizer] expected one for a model of text, got none; the directory is damaged");
  if (!tokenizer) return {0, stream->vocab_size, kNoPadding, stream->eos, stream->eos};
  if (stream && tokenizer->size() > stream->vocab_size)
    throw ModelError("[data.train.tokens] expected a vocab_size of at least ", tokenizer->size(),
                     ", which data.tokenizer has, got ", stream->vocab_size);
  return {0, stream ? stream->vocab_size : tokenizer->size(), kNoPadding, tokenizer->special().bos,
          document_end(config, tokenizer)};
}

// What a file of weights holds: parameters, then the buffers that are stored with them.
std::vector<std::pair<std::string, at::Tensor>> stored_in(const torch::nn::Module& model) {
  std::vector<std::pair<std::string, at::Tensor>> stored;
  for (const auto& item : model.named_parameters()) stored.emplace_back(item.key(), item.value());
  const auto add_buffers = [&](const torch::nn::Module& module, const std::string& prefix) {
    const auto* trained = dynamic_cast<const TrainedModule*>(&module);
    if (!trained || trained->saved_buffers().empty()) return;
    const auto buffers = module.named_buffers(/*recurse=*/false);
    for (const auto& name : trained->saved_buffers()) stored.emplace_back(prefix + name, buffers[name]);
  };
  add_buffers(model, "");
  for (const auto& item : model.named_modules("", /*include_self=*/false))
    add_buffers(*item.value(), item.key() + ".");
  return stored;
}

}  // namespace

NamedTensors parameters_of(const torch::nn::Module& model) {
  NamedTensors tensors;
  for (const auto& [name, value] : stored_in(model)) tensors.emplace(name, value.detach());
  return tensors;
}

void set_parameters(torch::nn::Module& model, const NamedTensors& values, std::string_view where) {
  torch::NoGradGuard no_grad;
  const auto stored = stored_in(model);
  std::set<std::string_view> known;
  for (const auto& [name, value] : stored) {
    known.insert(name);
    const auto found = values.find(name);
    if (found == values.end()) throw ModelError("[", where, "] expected a tensor ", name, ", got none of that name");
    if (found->second.sizes() != value.sizes())
      throw ModelError("[", where, "] tensor ", name, ": expected shape ", shape_text(value.sizes()), ", got ",
                       shape_text(found->second.sizes()), "; config, vocabulary and weights do not belong together");
    if (found->second.is_floating_point() != value.is_floating_point())
      throw ModelError("[", where, "] tensor ", name, ": expected ",
                       value.is_floating_point() ? "weights in floating point" : "whole numbers", ", got ",
                       c10::toString(found->second.scalar_type()), "; take another checkpoint");
    at::Tensor(value).copy_(found->second);
  }
  for (const auto& [name, tensor] : values)
    if (!known.contains(name))
      throw ModelError("[", where, "] tensor ", name, " belongs to no parameter of this model");
}

void write_model(AtomicDirectory& directory, const Config& config, const NamedTensors& parameters,
                 const Tokenizers& tokenizers) {
  OutputFile yaml(directory.file("config.yaml"));
  yaml.write(print_config(config));
  yaml.close();
  save_tensors(directory.file("model.safetensors"), parameters);
  if (!tokenizers.source) return;
  if (tokenizers.shared()) {
    write_tokenizer(directory, *tokenizers.source, "");
  } else {
    write_tokenizer(directory, *tokenizers.source, "source");
    write_tokenizer(directory, *tokenizers.target, "target");
  }
}

Tokenizers load_tokenizers(const std::filesystem::path& directory, const Config& config) {
  return has_tokenizer(config) ? find_tokenizers({directory, read_manifest(directory)}, config.data.tokenizer)
                               : Tokenizers{};
}

Vocabularies vocabularies_of(const Tokenizers& tokenizers) {
  const auto source = tokenizers.source->special(), target = tokenizers.target->special();
  if (target.pad < 0 || target.bos < 0 || target.eos < 0 || source.eos < 0)
    throw ModelError(
        "[tokenizer] expected pieces for padding, start and end of sentence, got a model without; train it with pad, "
        "bos and eos");
  if (source.pad != target.pad)
    throw ModelError("[tokenizer] expected one padding id on both sides, got ", source.pad, " and ", target.pad);
  return {tokenizers.source->size(), tokenizers.target->size(), target.pad, target.bos, target.eos};
}

Vocabularies vocabularies_of(const Config& config, const Tokenizers& tokenizers) {
  switch (config.task) {
    case TaskType::translation: return vocabularies_of(tokenizers);
    case TaskType::language_model: return language_vocabulary(config, tokenizers.target.get());
  }
  TORCH_CHECK(false, "unreachable task");
}

Config read_model_config(const std::filesystem::path& directory) {
  return config_in(listed_file(directory, "config.yaml"));
}

LoadedModel load_model(const std::filesystem::path& path, const Runtime& runtime) {
  const auto directory = resolve_model_path(path);
  return load_listed_model(directory, verify_manifest(directory), runtime);
}

LoadedModel load_listed_model(const std::filesystem::path& directory, const Manifest& manifest,
                              const Runtime& runtime) {
  const Listed listed{directory, manifest};
  LoadedModel loaded;
  loaded.path = directory;
  loaded.config = config_in(listed.file("config.yaml"));
  if (has_tokenizer(loaded.config)) loaded.tokenizers = find_tokenizers(listed, loaded.config.data.tokenizer);
  // The checkpoint of a training with a moving average is the averaged model, as its validations saw it.
  const auto weights = listed.file(listed.has("ema.safetensors") ? "ema.safetensors" : "model.safetensors");
  const auto vocabularies = vocabularies_of(loaded.config, loaded.tokenizers);
  check_size(loaded.config, vocabularies, weights);
  loaded.model = build_model(loaded.config, vocabularies);
  set_parameters(*loaded.model, load_tensors(weights), weights.string());
  loaded.model->to(runtime.device);
  loaded.model->set_compute_dtype(runtime.compute);
  return loaded;
}

}  // namespace attend
