// attend bench train|decode|gemm|attention: speed on this machine, in windows with their median.
#include "bench.h"

#include <torch/headeronly/version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "attend/cli/verbs.h"
#include "attend/config/load.h"
#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "attend/core/version.h"
#include "attend/tensor/cpu.h"

namespace attend {
namespace {

std::string shown(const OrderedJson& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return format_count(value.get<std::int64_t>());
  if (value.is_number()) return format_fixed(value.get<double>(), 3);
  std::vector<std::string> parts;
  for (const auto& item : value) parts.push_back(shown(item));
  return join(parts, "  ");
}

std::string line(const std::string& name, const OrderedJson& value) {
  constexpr std::size_t kWidth = 28;
  return name + std::string(name.size() < kWidth ? kWidth - name.size() : 1, ' ') + shown(value) + "\n";
}

// A row of a table: "512 512 512 bf16" and its values.
std::string table(const OrderedJson& rows) {
  std::string text;
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& [name, value] : row.items()) cells.push_back(concat(name, " ", shown(value)));
    text += "  " + join(cells, "  ") + "\n";
  }
  return text;
}

std::string as_text(const OrderedJson& result) {
  std::string text;
  for (const auto& [name, value] : result.items()) {
    if (name == "rows") {
      text += table(value);
    } else if (value.is_object()) {
      text += name + "\n";
      for (const auto& [key, inner] : value.items()) text += "  " + line(key, inner);
    } else {
      text += line(name, value);
    }
  }
  return text;
}

void run_bench(const BenchOptions& options, OrderedJson (*measure)(const BenchOptions&)) {
  const auto result = measure(options);
  ResultWriter out("-");
  out.write(options.format == "json" ? result.dump(2) + "\n" : visible_text(as_text(result)));
  out.close();
}

void add_common_options(CLI::App& verb, BenchOptions& options) {
  verb.add_option("--config", options.config, "a YAML; without it the defaults, a Transformer base")
      ->type_name("FILE");
  add_set_option(verb, options.settings);
  verb.add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json");
  add_runtime_options(verb, options.runtime);
}

void add_window_options(CLI::App& verb, BenchOptions& options, const char* warmup) {
  const auto count = CLI::Range(std::int64_t{1}, std::int64_t{1'000'000});
  verb.add_option("--warmup", options.warmup, warmup)
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}))
      ->type_name("N");
  verb.add_option("--windows", options.windows, "measurements, whose median is taken")
      ->check(count)
      ->type_name("N");
}

void add_train_bench(CLI::App& bench) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = bench.add_subcommand(
      "train", "updates on the config's data, or on made-up sentences where it is not there");
  add_common_options(*verb, *options);
  add_window_options(*verb, *options, "updates before the first window");
  verb->add_option("--steps", options->steps, "updates a window")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->type_name("N");
  verb->callback([options] { run_bench(*options, bench_train); });
}

void add_decode_bench(CLI::App& bench) {
  const auto options = std::make_shared<BenchOptions>();
  options->warmup = 1;
  options->windows = 3;
  CLI::App* verb =
      bench.add_subcommand("decode", "beam search with a model, or with a fresh one of the config");
  add_common_options(*verb, *options);
  verb->add_option("--model", options->model, "a model, checkpoint or run directory")->type_name("DIR");
  verb->add_option("--input", options->input,
                   "text for --model; default: the validation source of its config")
      ->type_name("FILE");
  add_window_options(*verb, *options, "passes over the text before the first window");
  verb->add_option("--workers", options->workers, "batches decoded at a time, which share the threads")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1024}))
      ->type_name("N");
  verb->callback([options] { run_bench(*options, bench_decode); });
}

void add_attention_bench(CLI::App& bench) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* verb = bench.add_subcommand(
      "attention", "every attention at growing lengths, forward and backward: time and peak memory");
  add_common_options(*verb, *options);
  verb->add_option("--tokens", options->tokens,
                   "of every measurement: rows times length; the longest length is one row")
      ->check(CLI::Range(std::int64_t{512}, std::int64_t{1} << 24))
      ->type_name("N");
  verb->add_option("--use", options->use, "causal, encoder or both")
      ->check(CLI::IsMember({"causal", "encoder", "both"}))
      ->type_name("USE");
  verb->callback([options] { run_bench(*options, bench_attention); });
}

void add_gemm_bench(CLI::App& bench) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* verb =
      bench.add_subcommand("gemm", "matrix products: squares, and with --config those of its layers");
  add_common_options(*verb, *options);
  verb->callback([options] { run_bench(*options, bench_gemm); });
}

}  // namespace

Config bench_config(const BenchOptions& options) {
  std::vector<std::string> settings = options.settings;
  for (const auto& setting : options.runtime.settings()) settings.push_back(setting);
  if (options.config.empty()) return parse_config("version: 1\n", "defaults", settings).config;
  try {
    return parse_config(read_file(options.config, kMaxYamlBytes), options.config, settings).config;
  } catch (const DataError& fault) {
    throw ConfigError(fault.what());
  }
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<std::int64_t> rounded(const std::vector<double>& values) {
  std::vector<std::int64_t> whole;
  for (const double value : values) whole.push_back(std::lround(value));
  return whole;
}

OrderedJson machine_settings(const Runtime& runtime) {
  return {{"device", runtime.device.str()},
          {"precision", runtime.compute == at::kBFloat16 ? "bf16" : "fp32"},
          {"threads", runtime.threads},
          {"cpu", cpu_description()},
          {"cores", static_cast<std::int64_t>(::sysconf(_SC_NPROCESSORS_ONLN))}};
}

OrderedJson versions() {
  return {{"attend", kVersion}, {"libtorch", TORCH_VERSION}, {"compiler", concat("g++ ", __VERSION__)}};
}

void add_bench_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("bench", "speed of training, decoding, matrix products and attention");
  verb->require_subcommand(1);
  add_train_bench(*verb);
  add_decode_bench(*verb);
  add_gemm_bench(*verb);
  add_attention_bench(*verb);
}

}  // namespace attend
