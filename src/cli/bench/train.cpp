// Updates a second, measured as they are made in training: loader, forward, backward, clipping, optimizer.
#include <chrono>
#include <cmath>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/core/error.h"
#include "attend/core/file.h"
#include "attend/core/philox.h"
#include "attend/core/temporary_directory.h"
#include "attend/core/text.h"
#include "attend/models/build.h"
#include "attend/tasks/build.h"
#include "attend/training/meters.h"
#include "attend/training/step.h"
#include "bench.h"
#include "text.h"

namespace attend {
namespace {

constexpr std::int64_t kMostPairs = 100'000;

bool is_there(const CorpusConfig& corpus) {
  const auto exists = [](const std::string& file) {
    return !file.empty() && status_of(file).is_file();
  };
  return exists(corpus.tsv) || exists(corpus.text) || (corpus.tokens && exists(corpus.tokens->file)) ||
         (exists(corpus.source) && exists(corpus.target));
}

// All corpora are there, some, or none; some is a typing error that made-up data must not hide.
bool has_data(const DataConfig& data) {
  std::size_t found = 0;
  for (const auto& corpus : data.train) found += is_there(corpus) ? 1 : 0;
  if (found > 0 && found < data.train.size())
    throw DataError("[bench] expected all corpora of data.train or none, found ", found, " of ",
                    data.train.size());
  return found > 0;
}

std::int64_t rows_of(const BatchConfig& batch) {
  if (!batch.size)
    throw ConfigError("[bench] data.batch.size: expected a number, got auto; --set data.batch.size=4096");
  return batch.unit == BatchUnit::sequences ? *batch.size : std::max<std::int64_t>(1, *batch.size / 25);
}

std::string text_of(const std::vector<std::string>& lines) { return join(lines, "\n") + "\n"; }

// The config's own text, or made-up text in its place.
class TrainingText {
 public:
  TrainingText(Config& config, std::int64_t updates) : real_(has_data(config.data)) {
    if (!real_) {
      directory_.emplace("bench");
      config.task == TaskType::translation ? make_up_pairs(config, updates) : make_up_ids(config);
    }
    const bool numbers = !real_ && config.task == TaskType::translation;
    tokenizers_ = numbers ? number_tokenizers(config.data.tokenizer) : make_tokenizers(config);
  }
  bool real() const { return real_; }
  const Tokenizers& tokenizers() const { return tokenizers_; }

 private:
  // Random ids of the vocabulary that the config names, a quarter of a million.
  void make_up_ids(Config& config) {
    TokenStreamConfig stream = config.data.train.front().tokens.value_or(TokenStreamConfig{});
    if (stream.vocab_size == 0) stream.vocab_size = config.data.tokenizer.source.vocab_size;
    stream.type = IdType::uint32;
    stream.file = (directory_->path() / "ids.bin").string();
    PhiloxStream draws(static_cast<std::uint64_t>(config.seed));
    std::string ids;
    for (int i = 0; i < 1 << 18; ++i) {
      const auto id = static_cast<std::uint32_t>(draws.next() % static_cast<std::uint64_t>(stream.vocab_size));
      ids.append(reinterpret_cast<const char*>(&id), sizeof id);
    }
    write_file_atomically(stream.file, ids);
    config.data.train = {CorpusConfig{}};
    config.data.validation = {ValidationConfig{}};
    config.data.train.front().tokens = config.data.validation.front().tokens = stream;
    config.data.tokenizer.source.model.clear();
  }

  void make_up_pairs(Config& config, std::int64_t updates) {
    auto& tokenizer = config.data.tokenizer;
    tokenizer.source.sampling.alpha = tokenizer.target.sampling.alpha = 0;
    PairShape shape;
    shape.pairs =
        std::min(rows_of(config.data.batch) * std::max(updates, config.data.batch.pool), kMostPairs);
    shape.longest = config.data.max_length - 1;
    shape.source_vocabulary = tokenizer.source.vocab_size;
    shape.target_vocabulary = (tokenizer.shared() ? tokenizer.source : tokenizer.target).vocab_size;
    shape.seed = static_cast<std::uint64_t>(config.seed);
    const auto text = made_up_pairs(shape);
    CorpusConfig corpus;
    corpus.source = (directory_->path() / "train.source").string();
    corpus.target = (directory_->path() / "train.target").string();
    write_file_atomically(corpus.source, text_of(text.source));
    write_file_atomically(corpus.target, text_of(text.target));
    ValidationConfig validation;
    validation.source = (directory_->path() / "validation.source").string();
    validation.target = (directory_->path() / "validation.target").string();
    write_file_atomically(validation.source, text.source.front() + "\n");
    write_file_atomically(validation.target, text.target.front() + "\n");
    config.data.train = {corpus};
    config.data.validation = {validation};
  }

  bool real_;
  std::optional<TemporaryDirectory> directory_;
  Tokenizers tokenizers_;
};

struct Rates {
  std::vector<double> tokens, source, target, updates, flops;
  std::int64_t real_tokens = 0;
  double padded_tokens = 0;

  void add(const Meters::Report& report, double seconds, std::int64_t steps, const ProductFlops& work) {
    const auto source_tokens = static_cast<double>(report.source_tokens),
               target_tokens = static_cast<double>(report.target_tokens);
    source.push_back(source_tokens / seconds);
    target.push_back(target_tokens / seconds);
    tokens.push_back((source_tokens + target_tokens) / seconds);
    updates.push_back(static_cast<double>(steps) / seconds);
    flops.push_back(3 * (work.source * source_tokens + work.target * target_tokens) /
                    seconds);  // backward costs two forwards
    real_tokens += report.source_tokens + report.target_tokens;
    padded_tokens += (source_tokens + target_tokens) / (1 - report.padding_ratio);
  }
};

Rates measure(const BenchOptions& options, TrainingStep& update, BatchStream& stream,
              const ProductFlops& work) {
  Rates rates;
  std::int64_t step = 0;
  for (std::int64_t window = 0; window <= options.windows; ++window) {
    const std::int64_t steps = window == 0 ? options.warmup : options.steps;
    Meters meters;
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < steps; ++i) {
      std::vector<Batch> batches;
      batches.push_back(stream.next().batch);
      const auto done = update.run(++step, batches);
      meters.add(done, batches);
    }
    const auto report = meters.report();  // sync
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (window > 0) rates.add(report, seconds, steps, work);
  }
  return rates;
}

}  // namespace

OrderedJson bench_train(const BenchOptions& options) {
  Config config = bench_config(options);
  const Runtime runtime = start_runtime(config.runtime);
  const TrainingText text(config, options.warmup + options.windows * options.steps);
  const auto task = build_task(config, text.tokenizers(), runtime.device);
  const auto model = build_model(config, vocabularies_of(config, text.tokenizers()));
  model->to(runtime.device);
  const double peak = gemm_peak_gflops(runtime);
  TrainingStep update(config, *task, *model, runtime);
  const auto stream = task->train_stream({});
  const Rates rates = measure(options, update, *stream, product_flops(*model));

  OrderedJson settings = {{"config", options.config.empty() ? "defaults" : options.config},
                          {"data", text.real() ? "of the config" : "made up"},
                          {"batch", concat(*config.data.batch.size, " ", name_of(config.data.batch.unit))},
                          {"warmup", options.warmup},
                          {"windows", options.windows},
                          {"steps", options.steps}};
  settings.update(machine_settings(runtime));
  return {{"bench", "train"},
          {"tokens_per_second", std::lround(median(rates.tokens))},
          {"source_tokens_per_second", std::lround(median(rates.source))},
          {"target_tokens_per_second", std::lround(median(rates.target))},
          {"updates_per_second", median(rates.updates)},
          {"window_tokens_per_second", rounded(rates.tokens)},
          {"padding_ratio", 1 - static_cast<double>(rates.real_tokens) / rates.padded_tokens},
          {"gemm_peak_gflops", std::lround(peak)},
          {"fraction_of_peak", median(rates.flops) / (1e9 * peak)},
          {"settings", settings},
          {"versions", versions()}};
}

}  // namespace attend
