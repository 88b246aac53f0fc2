// Beam search from text to text: tokenizing, search, detokenizing. Made-up work is 256 sentences of 20 to 30
// tokens, for each of which 30 tokens are decoded whatever the model says.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "attend/checkpoint/model_directory.h"
#include "attend/config/load.h"
#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/text.h"
#include "attend/decoding/translation_scorer.h"
#include "attend/decoding/translator.h"
#include "attend/storage/run_directory.h"
#include "attend/text/parallel_text.h"
#include "bench.h"
#include "text.h"

namespace attend {
namespace {

constexpr std::int64_t kSentences = 256, kShortest = 20, kLongest = 30, kDecoded = 30;

struct Work {
  Config config;
  Tokenizers tokenizers;
  std::shared_ptr<EncoderDecoder> model;
  std::vector<std::string> lines;
  std::string name, text;  // what was decoded, for "settings"
};

Work fresh_work(const BenchOptions& options) {
  Work work;
  work.config = bench_config(options);
  work.config.decoding.min_length = kDecoded;
  work.config.decoding.max_length = kDecoded;
  work.tokenizers = number_tokenizers(work.config.data.tokenizer);
  const Runtime runtime = start_runtime(work.config.runtime, options.workers);
  work.model = build_encoder_decoder(work.config, vocabularies_of(work.tokenizers));
  work.model->to(runtime.device);
  work.model->set_compute_dtype(runtime.compute);
  work.lines = made_up_lines({kSentences, kShortest, kLongest, work.tokenizers.source->size()});
  work.name = concat("fresh, ", options.config.empty() ? "defaults" : options.config);
  work.text = "made up";
  return work;
}

// The model as it is stored; --set changes how it decodes, and the machine.
Work stored_work(const BenchOptions& options) {
  if (!options.config.empty())
    throw UsageError("[--config] a model has its own config; give --model or --config, not both");
  Work work;
  auto settings = options.settings;
  for (const auto& setting : options.runtime.settings()) settings.push_back(setting);
  work.config = change_config(read_model_config(resolve_model_path(options.model)), settings, {"decoding", "runtime"});
  const Runtime runtime = start_runtime(work.config.runtime, options.workers);
  auto loaded = load_model(options.model, runtime);
  work.model = model_as<EncoderDecoder>(loaded.model, "bench decode");
  work.tokenizers = loaded.tokenizers;
  work.name = options.model;
  work.text = options.input.empty() && !work.config.data.validation.empty() ? work.config.data.validation.front().source
                                                                            : options.input;
  if (work.text.empty() || status_of(work.text).is_nothing())
    throw UsageError("[--input] expected text to translate, got ", work.text.empty() ? "none" : work.text,
                     "; the model's config names no file that is there");
  work.lines = read_lines(work.text);
  return work;
}

struct Sources {
  std::int64_t tokens = 0, padded = 0;
};

// Batches are rows x longest, longest first, as Translator makes them.
Sources count_sources(const Work& work, const TranslatorOptions& search) {
  const std::int64_t batch_tokens =
      search.batch_tokens * kMostHypotheses / std::max(search.decoding.beam_size, kMostHypotheses);
  std::vector<std::int64_t> lengths;
  for (const auto& line : work.lines) {
    const auto length = static_cast<std::int64_t>(work.tokenizers.source->encode(line).size());
    if (length > 0) lengths.push_back(length + 1);
  }
  std::ranges::sort(lengths, std::greater{});
  Sources sources;
  for (std::size_t begin = 0; begin < lengths.size();) {
    const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(1, batch_tokens / lengths[begin]));
    const std::size_t end = std::min(lengths.size(), begin + rows);
    for (std::size_t i = begin; i < end; ++i) sources.tokens += lengths[i];
    sources.padded += lengths[begin] * static_cast<std::int64_t>(end - begin);
    begin = end;
  }
  return sources;
}

struct Passes {
  std::vector<double> seconds;
  std::int64_t tokens = 0;  // of one pass
};

Passes measure(const Work& work, const TranslatorOptions& search, const BenchOptions& options) {
  std::vector<std::unique_ptr<Scorer>> scorers;
  std::vector<Scorer*> workers;
  for (std::int64_t i = 0; i < options.workers; ++i)
    workers.push_back(scorers.emplace_back(std::make_unique<TranslationScorer>(work.model)).get());
  const Translator translator(workers, work.tokenizers.source, work.tokenizers.target, search);
  Passes passes;
  for (std::int64_t pass = 0; pass < options.warmup + options.windows; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    const auto results = translator.translate(work.lines);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (pass >= options.warmup) passes.seconds.push_back(seconds);
    passes.tokens = 0;
    for (const auto& result : results) passes.tokens += result.front().hypothesis.tokens();
  }
  return passes;
}

OrderedJson settings_of(const Work& work, const TranslatorOptions& search, const BenchOptions& options) {
  return {{"model", work.name},
          {"text", work.text},
          {"beam", search.decoding.beam_size},
          {"batch", concat(search.batch_tokens, " source tokens")},
          {"warmup", options.warmup},
          {"windows", options.windows},
          {"workers", options.workers}};
}

}  // namespace

OrderedJson bench_decode(const BenchOptions& options) {
  const Work work = options.model.empty() ? fresh_work(options) : stored_work(options);
  const double peak = gemm_peak_gflops(start_runtime(work.config.runtime));
  const Runtime runtime = start_runtime(work.config.runtime, options.workers);
  const TranslatorOptions search = translator_options_of(work.config);
  const Passes passes = measure(work, search, options);

  const auto sources = count_sources(work, search);
  const auto source_tokens = static_cast<double>(sources.tokens),
             target_tokens = static_cast<double>(passes.tokens);
  const auto flops = product_flops(*work.model);
  const double operations = flops.source * source_tokens +
                            flops.target * target_tokens * static_cast<double>(search.decoding.beam_size);
  const double time = median(passes.seconds);
  std::vector<double> rates;
  for (const double seconds : passes.seconds) rates.push_back(target_tokens / seconds);
  OrderedJson settings = settings_of(work, search, options);
  settings.update(machine_settings(runtime));
  return {
      {"bench", "decode"},
      {"tokens_per_second", std::lround(target_tokens / time)},
      {"source_tokens_per_second", std::lround(source_tokens / time)},
      {"target_tokens_per_second", std::lround(target_tokens / time)},
      {"sentences_per_second", static_cast<double>(work.lines.size()) / time},
      {"window_tokens_per_second", rounded(rates)},
      {"padding_ratio", 1 - source_tokens / static_cast<double>(std::max<std::int64_t>(sources.padded, 1))},
      {"gemm_peak_gflops", std::lround(peak)},
      {"fraction_of_peak", operations / (time * 1e9 * peak)},
      {"settings", settings},
      {"versions", versions()}};
}

}  // namespace attend
