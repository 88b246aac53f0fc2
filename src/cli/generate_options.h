// What attend generate takes, checked and turned into the options of the library.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attend/checkpoint/model_directory.h"
#include "attend/decoding/generation_format.h"
#include "prompts.h"
#include "search_flags.h"
#include "text_choice.h"

namespace attend {

struct GenerateOptions {
  std::string model, output = "-", format = "text", input_format = "lines";
  PromptSource prompts;
  TextChoice text;
  RuntimeOptions runtime;
  SamplingFlags sampling;
  RuleFlags rules;
  ModelSettings settings{{"generation", "decoding"}};
  std::optional<std::int64_t> beam, min_new_tokens, max_new_tokens, penalty_last;
  std::int64_t samples = 1, batch_tokens = GeneratorOptions{}.batch_tokens, window = 2000;
  std::vector<std::string> stops, biases;
  bool stream = false, echo = false, escapes = false;

  // Escapes become what they stand for, names what they name; then the faults of the command line, found before a model
  // is loaded. UsageError; DataError for a prompt that is not UTF-8.
  void settle();
  GenerationFormatOptions format_options() const;
  // What the command line says goes before what the model's config says.
  GeneratorOptions generator_options(const Config& config, const TextReading& reading) const;

 private:
  void read_escapes();
  void check_prompts() const;
  void check_search() const;
  GenerationConfig generation_of(const Config& config) const;
  std::vector<TokenBias> biases_of(const Config& config, const TextReading& reading) const;
  std::vector<std::int32_t> banned_of(const Config& config, const TextReading& reading) const;
};

void add_generate_options(CLI::App& verb, GenerateOptions& options);

}  // namespace attend
