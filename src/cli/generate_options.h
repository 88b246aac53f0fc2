// What attend generate takes, checked and turned into the options of the library.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attend/checkpoint/model_directory.h"
#include "attend/decoding/generation_format.h"
#include "search_flags.h"

namespace attend {

struct GenerateOptions {
  std::string model, output = "-", format = "text";
  std::optional<std::string> prompt, input;
  RuntimeOptions runtime;
  SamplingFlags sampling;
  RuleFlags rules;
  std::optional<std::int64_t> beam, max_new_tokens, context;
  std::int64_t samples = 1, batch_tokens = GeneratorOptions{}.batch_tokens, window = 2000;
  std::vector<std::string> stops;
  bool stream = false, echo = false;

  // Faults of the command line, found before a model is loaded. UsageError; DataError for a prompt that is not UTF-8.
  void check() const;
  GenerationFormatOptions format_options() const;
  // What the command line says goes before what the model's config says.
  GeneratorOptions generator_options(const LoadedModel& loaded) const;
};

void add_generate_options(CLI::App& verb, GenerateOptions& options);

}  // namespace attend
