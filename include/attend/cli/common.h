// What several verbs share: options, the place results go to.
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

// The value of that name; UsageError with the nearest one otherwise.
template <class E>
E choice_of(std::string_view option, const std::string& name) {
  if (const auto value = value_of<E>(name)) return *value;
  throw UsageError("[", option, "] expected one of ", join(names_of<E>(), ", "), ", got \"", name, "\"",
                   did_you_mean(name, names_of<E>()));
}

// --device, --threads and --precision; unset where the user said nothing.
struct RuntimeOptions {
  std::optional<std::string> device;
  std::optional<std::int64_t> threads;
  std::optional<Precision> precision;

  // For verbs that read a config: "runtime.device=cpu" and so on, to be put behind the user's --set.
  std::vector<std::string> settings() const;
  // For verbs that take a model: what was given replaces what is in `runtime`.
  void apply(RuntimeConfig& runtime) const;
};
void add_runtime_options(CLI::App& verb, RuntimeOptions& options);

// MODEL [MODEL ...] --weights W,W
struct ModelOptions {
  std::vector<std::string> paths;
  std::vector<double> weights;  // empty: equal ones
};
void add_model_options(CLI::App& verb, ModelOptions& options);

// --set a.b=c, repeatable; the entries as they were typed.
void add_set_option(CLI::App& verb, std::vector<std::string>& settings);

// The same on verbs that take a model, whose config then has other values for keys of these sections: "decoding".
struct ModelSettings {
  std::vector<std::string> sections;
  std::vector<std::string> entries = {};

  // UsageError with all that is wrong with the entries, as the config's own reader says it.
  void apply(Config& config) const;
};
void add_model_set_option(CLI::App& verb, ModelSettings& settings);

// --quiet and --log-level on a verb and on all verbs below it; they act at once.
void add_log_options(CLI::App& verb);

// Results for a file, or for standard output where the path is empty or "-". Nothing is kept back: write() has handed
// everything over when it returns. A file is begun by the first result, so that a fault before it leaves a former file as
// it was. WriteError names the reason, also at once where the file cannot be written; a reader that went away throws ClosedPipe.
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

// The reader of our standard output has gone, as in `attend ... | head -1`: the end, and no fault.
struct ClosedPipe {};

// A signal asked for the end, and everything was saved: exit code 128 + signal.
struct StoppedBySignal {
  int signal;
};

// UsageError where `output` is the file that an option reads: what is written would take the place of what is read. "-" is
// standard input or output, which may stand for a file too.
void check_output(const std::string& output, std::string_view option, const std::optional<std::string>& input);
// UsageError where `output` is a file of a model that is read.
void check_output(const std::string& output, const ModelOptions& models);

// Flushes std::cout and stdout; throws as ResultWriter does.
void flush_standard_output();

}  // namespace attend
