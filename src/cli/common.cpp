#include "attend/cli/common.h"

#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "attend/config/load.h"
#include "attend/core/log.h"
#include "attend/storage/run_directory.h"

namespace attend {
namespace {

std::string parse_device(const std::string& text) {
  const bool numbered = text.starts_with("cuda:") && parse_int(std::string_view(text).substr(5)).value_or(-1) >= 0;
  if (text == "auto" || text == "cpu" || text == "cuda" || numbered) return text;
  throw UsageError("[--device] expected auto, cpu, cuda or cuda:N, got \"", text, "\"");
}

std::int64_t parse_threads(const std::string& text) {
  const auto threads = parse_int(text);
  if (threads && *threads >= 0 && *threads <= 1024) return *threads;
  throw UsageError("[--threads] expected a number from 0 (all) to 1024, got \"", text, "\"");
}

Precision parse_precision(const std::string& text) { return choice_of<Precision>("--precision", text); }

[[noreturn]] void standard_output_failed(int reason) {
  pollfd output{STDOUT_FILENO, 0, 0};
  const bool reader_gone = ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
  if (reason == EPIPE || reader_gone) throw ClosedPipe{};
  throw WriteError("[standard output] cannot be written: ", std::strerror(reason));
}

PathStatus status_of_output(const std::string& output) {
  return output == "-" ? status_of_descriptor(STDOUT_FILENO) : status_of(output);
}

}  // namespace

std::vector<std::string> RuntimeOptions::settings() const {
  std::vector<std::string> entries;
  if (device) entries.push_back("runtime.device=" + *device);
  if (threads) entries.push_back("runtime.threads=" + std::to_string(*threads));
  if (precision) entries.push_back("runtime.precision=" + std::string(name_of(*precision)));
  return entries;
}

void RuntimeOptions::apply(RuntimeConfig& runtime) const {
  if (device) runtime.device = *device;
  if (threads) runtime.threads = *threads;
  if (precision) runtime.precision = *precision;
}

void add_runtime_options(CLI::App& verb, RuntimeOptions& options) {
  const auto add = [&verb](const char* name, auto take, const char* doc) {
    return verb.add_option_function<std::string>(name, take, doc)->group("Machine");
  };
  add("--device", [&](const std::string& text) { options.device = parse_device(text); },
      "auto, cpu, cuda or cuda:N; auto takes a GPU where there is one")
      ->type_name("NAME");
  add("--threads", [&](const std::string& text) { options.threads = parse_threads(text); }, "CPU threads; 0: all")
      ->type_name("N");
  add("--precision", [&](const std::string& text) { options.precision = parse_precision(text); },
      "number format of weights and activations")
      ->type_name(join(names_of<Precision>(), "|"));
}

void add_model_options(CLI::App& verb, ModelOptions& options) {
  verb.add_option("MODEL", options.paths, "model, checkpoint or run directories; several are an ensemble")
      ->required()
      ->type_name("DIR");
  verb.add_option("--weights", options.weights, "of the models of an ensemble, in their order; default: equal ones")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("W,W");
}

void add_set_option(CLI::App& verb, std::vector<std::string>& settings) {
  verb.add_option("--set", settings, "another value for a key of the config; repeatable, the last one wins")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

void ModelSettings::apply(Config& config) const {
  try {
    config = change_config(config, entries, sections);
  } catch (const ConfigError& fault) {
    throw UsageError(fault.what());
  }
}

void add_model_set_option(CLI::App& verb, ModelSettings& settings) {
  const std::string keys = join(settings.sections, ".KEY or ") + ".KEY";
  verb.add_option("--set", settings.entries,
                  concat("another value for a key of the model's config, ", keys, "; repeatable, the last one wins"))
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

void add_log_options(CLI::App& verb) {
  verb.add_flag_callback("--quiet", [] { set_log_level(LogLevel::error); }, "errors only")->group("Messages");
  const auto take = [](const std::string& text) { set_log_level(choice_of<LogLevel>("--log-level", text)); };
  verb.add_option_function<std::string>("--log-level", take, "least important message that is shown")
      ->type_name(join(names_of<LogLevel>(), "|"))
      ->group("Messages");
  for (CLI::App* below : verb.get_subcommands(std::function<bool(CLI::App*)>())) add_log_options(*below);
}

ResultWriter::ResultWriter(const std::string& path) : path_(path == "-" ? "" : path) {
  if (path_.empty()) return;
  const auto status = status_of(path_);
  if (status.is_directory()) cannot_write(path_, EISDIR);
  if (!status.exists() && !status.is_nothing()) cannot_write(path_, status.reason);
  if (const auto folder = fs::path(path_).parent_path(); !folder.empty() && !status_of(folder).exists())
    cannot_write(path_, ENOENT);
  require_writable(path_);
}

OutputFile& ResultWriter::file() {
  if (!file_) file_.emplace(path_);
  return *file_;
}

void ResultWriter::write(std::string_view text) {
  if (!path_.empty()) return file().write(text);
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) standard_output_failed(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void ResultWriter::close() {
  if (!path_.empty()) file().close();
}

void check_output(const std::string& output, std::string_view option, const std::optional<std::string>& input) {
  if (!input || input->empty()) return;
  const auto read = *input == "-" ? status_of_descriptor(STDIN_FILENO) : status_of(*input);
  if (read.is_file() && status_of_output(output).is_same_as(read))
    throw UsageError("[", output == "-" ? "standard output" : "--output", "] expected another file than ", option,
                     ", got ", output == "-" ? *input == "-" ? "the same" : *input : output);
}

void check_output(const std::string& output, const ModelOptions& models) {
  if (!status_of_output(output).is_file()) return;
  for (const std::string& path : models.paths) {
    std::error_code ignored;
    const auto directory = resolve_model_path(path);
    for (const std::string& name : names_in(directory, ignored))
      check_output(output, "those of MODEL", (directory / name).string());
  }
}

void flush_standard_output() {
  errno = 0;
  const bool written = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!written) standard_output_failed(errno != 0 ? errno : EIO);
}

}  // namespace attend
