// Code that several verbs share: options, and the output of results.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/config.h"
#include "attend/core/enum_table.h"
#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/text.h"

namespace CLI {
class App;
}

namespace attend {

// Returns the enum value with this name. Throws a UsageError that suggests the nearest name.
template <class E>
E choice_of(std::string_view option, const std::string& name) {
  if (const auto value = value_of<E>(name)) return *value;
  throw UsageError("[", option, "] expected one of ", join(names_of<E>(), ", "), ", got \"", name, "\"",
                   did_you_mean(name, names_of<E>()));
}

// --device, --threads and --precision. A member is unset when the user did not give the option.
struct RuntimeOptions {
  std::optional<std::string> device;
  std::optional<std::int64_t> threads;
  std::optional<Precision> precision;

  // For verbs that read a config: returns "runtime.device=cpu" and so on, to be put after the user's --set.
  std::vector<std::string> settings() const;
  // For verbs that take a model: given options replace values in `runtime`.
  void apply(RuntimeConfig& runtime) const;
};
void add_runtime_options(CLI::App& verb, RuntimeOptions& options);

// MODEL [MODEL ...] --weights W,W
struct ModelOptions {
  std::vector<std::string> paths;
  std::vector<double> weights;  // empty: equal weights
};
void add_model_options(CLI::App& verb, ModelOptions& options);

// Adds --set a.b=c, which is repeatable; `settings` gets the entries as they were typed.
void add_set_option(CLI::App& verb, std::vector<std::string>& settings);

// --set on verbs that take a model: changes keys in some sections of the model's config, such as "decoding".
struct ModelSettings {
  std::vector<std::string> sections;
  std::vector<std::string> entries = {};

  // Throws a UsageError with all faults of the entries, in the words of the config reader.
  void apply(Config& config) const;
};
void add_model_set_option(CLI::App& verb, ModelSettings& settings);

// Adds --quiet and --log-level to a verb and all verbs below it. They take effect at once.
void add_log_options(CLI::App& verb);

// Writes results to a file, or to standard output if the path is empty or "-". Nothing is buffered: when write()
// returns, everything was handed to the system. The file is opened by the first result, so an earlier fault leaves an
// existing file as it was. The constructor throws WriteError when the file cannot be written, and so does write(),
// always with the reason. When the reader of standard output has gone, write() throws ClosedPipe.
class ResultWriter {
 public:
  explicit ResultWriter(const std::string& path);
  void write(std::string_view text);
  void close();

 private:
  OutputFile& file();

  std::string path_;  // empty: standard output
  std::optional<OutputFile> file_;
};

// The reader of our standard output has gone, as in `attend ... | head -1`. The program ends, and that is no fault.
struct ClosedPipe {};

// A signal asked for the end, and everything was saved. The exit code is 128 + signal.
struct StoppedBySignal {
  int signal;
};

// Throws UsageError when `output` is the file that `option` reads, because writing would destroy the input. "-" means
// standard input or output, which may be a file too.
void check_output(const std::string& output, std::string_view option, const std::optional<std::string>& input);
// Throws UsageError when `output` is a file of a model that is read.
void check_output(const std::string& output, const ModelOptions& models);

// Flushes std::cout and stdout. Throws as ResultWriter does.
void flush_standard_output();

}  // namespace attend
