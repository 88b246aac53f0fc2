#include "attend/tasks/translation_validation.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "attend/core/error.h"
#include "attend/core/interrupt.h"
#include "attend/core/text.h"
#include "attend/decoding/translation_scorer.h"
#include "attend/decoding/translator.h"
#include "attend/metrics/bleu.h"
#include "attend/metrics/chrf.h"

namespace attend {
namespace {

bool is_asked_for(const Config& config, ValidateMetric metric) {
  return std::ranges::find(config.training.validate_metrics, metric) != config.training.validate_metrics.end();
}

bool translations_are_scored(const Config& config) {
  return is_asked_for(config, ValidateMetric::bleu) || is_asked_for(config, ValidateMetric::chrf);
}

// Every pair once, in an order that no seed changes.
PairMixture encoded(const ValidationCorpora& set, const Config& config, const Tokenizers& tokenizers,
                    const DataCache& cache, std::size_t number) {
  std::vector<PairMixture::Part> parts;
  for (const auto& corpus : set.corpora) {
    const PairRequest request{corpus, tokenizers, length_rule_of(config.data), {}};
    auto store = read_pairs(request, cache, concat("validation-", number + 1, "-", parts.size() + 1));
    const auto weight = static_cast<double>(store.size());
    parts.push_back({std::move(store), weight});
  }
  return {std::move(parts), config.data.batch, 0};
}

// `count` of `all`, evenly spaced.
std::vector<std::string> spaced(const std::vector<std::string>& all, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(all.size());
  std::vector<std::string> some;
  for (std::int64_t i = 0; i < std::min(count, size); ++i)
    some.push_back(all[static_cast<std::size_t>(i * size / std::min(count, size))]);
  return some;
}

}  // namespace

TranslationValidation::Text TranslationValidation::read_text(const ValidationCorpora& set) {
  Text text;
  for (Corpus corpus : set.corpora) {
    const auto prefix = std::exchange(corpus.target_prefix, "");
    CorpusReader reader(corpus);
    for (std::string source, target; reader.next(source, target);) {
      text.sources.push_back(source);
      text.references.push_back(target);
      text.target_prefixes.push_back(prefix);
    }
  }
  return text;
}

TranslationValidation::TranslationValidation(const Config& config, const ValidationCorpora& set, PairMixture pairs,
                                             Tokenizers tokenizers, at::Device device)
    : name_(set.name),
      config_(config),
      tokenizers_(std::move(tokenizers)),
      device_(device),
      text_(translations_are_scored(config) ? read_text(set) : Text{}),
      pairs_(std::move(pairs)) {}

Metrics TranslationValidation::measure(EncoderDecoder& model) const {
  Metrics metrics{name_, {}};
  const auto pairs = add_loss(model, metrics);
  const bool all = config_.training.validate_batches == 0;
  if (translations_are_scored(config_))
    add_scores(model, all ? static_cast<std::int64_t>(text_.sources.size()) : pairs, metrics);
  return metrics;
}

std::int64_t TranslationValidation::add_loss(EncoderDecoder& model, Metrics& metrics) const {
  const torch::NoGradGuard no_grad;
  ForwardContext context;
  double smoothed = 0, nll = 0, count = 0;
  std::int64_t batches = 0, pairs = 0;
  const auto most = config_.training.validate_batches;
  const bool wanted = is_asked_for(config_, ValidateMetric::loss);
  const auto is_enough = [&] { return most > 0 ? batches == most : !wanted; };
  for (std::int64_t i = 0; i < pairs_.pools(0) && !is_enough(); ++i) {
    const auto pool = pairs_.pool(0, i);
    for (auto rows = pool.batches.begin(); rows != pool.batches.end() && !is_enough(); ++rows, ++batches) {
      throw_if_interrupted();
      pairs += static_cast<std::int64_t>(rows->size());
      if (!wanted) continue;
      const auto batch =
          make_batch(pool.pairs, *rows, tokenizers_.source->special(), tokenizers_.target->special()).to(device_);
      const auto terms = model.loss(batch["source"], batch["target"], batch["labels"], context,
                                    {*config_.training.label_smoothing});
      const auto& loss = term_of(terms, "loss");
      smoothed += loss.sum.item<double>();  // sync: validation reports
      nll += term_of(terms, "nll").sum.item<double>();
      count += loss.count.item<double>();
    }
  }
  if (wanted)
    metrics.values = {{"loss", smoothed / count}, {"nll", nll / count}, {"perplexity", std::exp(nll / count)}};
  return pairs;
}

void TranslationValidation::add_scores(EncoderDecoder& model, std::int64_t lines, Metrics& metrics) const {
  TranslationScorer scorer(std::dynamic_pointer_cast<EncoderDecoder>(model.shared_from_this()));
  const Translator translator(scorer, tokenizers_.source, tokenizers_.target, translator_options_of(config_));
  const auto sources = spaced(text_.sources, lines), prefixes = spaced(text_.target_prefixes, lines);
  std::vector<std::string> hypotheses;
  std::int64_t cut = 0;
  for (const auto& translations : translator.translate({sources, 1, {}, prefixes})) {
    hypotheses.push_back(translations.front().text);
    cut += translations.front().cut;
  }
  if (cut > 0)
    log_info("[", name_, "] ", limit_note(cut, static_cast<std::int64_t>(hypotheses.size()), config_.decoding));
  const References references{spaced(text_.references, lines)};
  if (is_asked_for(config_, ValidateMetric::bleu)) metrics.values["bleu"] = corpus_bleu(hypotheses, references).score;
  if (is_asked_for(config_, ValidateMetric::chrf)) metrics.values["chrf"] = corpus_chrf(hypotheses, references);
}

std::vector<TranslationValidation> read_validation_sets(const Config& config, const Tokenizers& tokenizers,
                                                        at::Device device, const DataCache& cache) {
  std::vector<TranslationValidation> sets;
  for (const auto& set : validation_corpora(config.data))
    sets.emplace_back(config, set, encoded(set, config, tokenizers, cache, sets.size()), tokenizers, device);
  return sets;
}

}  // namespace attend
