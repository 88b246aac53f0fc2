#include "attend/decoding/ensemble.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/decoding/ensemble_scorer.h"
#include "attend/decoding/translation_scorer.h"

namespace attend {
namespace {

void check_weights(std::size_t models, const std::vector<double>& weights) {
  if (weights.empty()) return;
  if (weights.size() != models)
    throw UsageError("[--weights] expected one weight a model, ", models, ", got ", weights.size());
  const bool sound = std::all_of(weights.begin(), weights.end(), [](double w) { return std::isfinite(w) && w >= 0; });
  if (!sound || std::accumulate(weights.begin(), weights.end(), 0.0) <= 0)
    throw UsageError("[--weights] expected weights of 0 or more, not all of them 0");
}

// How two vocabularies differ; empty where a number means the same in both.
std::string difference(const Tokenizer& a, const Tokenizer& b) {
  if (a.size() != b.size()) return concat(format_count(a.size()), " and ", format_count(b.size()), " pieces");
  const SpecialIds x = a.special(), y = b.special();
  if (x.pad != y.pad || x.unk != y.unk || x.bos != y.bos || x.eos != y.eos)
    return "other numbers for the special pieces";
  for (std::int32_t id = 0; id < a.size(); ++id)
    if (a.piece(id) != b.piece(id)) return concat("piece ", id, " is \"", a.piece(id), "\" and \"", b.piece(id), "\"");
  return "";
}

void check_same(std::string_view side, const Tokenizer& first, const Tokenizer& other, const LoadedModel& a,
                const LoadedModel& b) {
  const std::string fault = difference(first, other);
  if (!fault.empty())
    throw ModelError("[", a.path.string(), " and ", b.path.string(), "] expected one ", side, " vocabulary, got ",
                     fault, "; an ensemble needs models that were trained with the same tokenizer");
}

}  // namespace

Ensemble load_ensemble(const std::vector<std::string>& paths, const std::vector<double>& weights,
                       const Runtime& runtime) {
  check_weights(paths.size(), weights);
  Ensemble ensemble;
  ensemble.weights = weights.empty() ? std::vector<double>(paths.size(), 1.0) : weights;
  for (const std::string& path : paths) {
    const LoadedModel& model = ensemble.models.emplace_back(load_model(path, runtime));
    const LoadedModel& first = ensemble.models.front();
    model_as<EncoderDecoder>(*model.model, path);
    check_same("source", *first.tokenizers.source, *model.tokenizers.source, first, model);
    check_same("target", *first.tokenizers.target, *model.tokenizers.target, first, model);
  }
  return ensemble;
}

std::unique_ptr<Scorer> Ensemble::make_scorer() const {
  std::vector<std::unique_ptr<Scorer>> members;
  for (const LoadedModel& model : models)
    members.push_back(std::make_unique<TranslationScorer>(model_as<EncoderDecoder>(model.model, model.path.string())));
  if (members.size() == 1) return std::move(members.front());
  return std::make_unique<EnsembleScorer>(std::move(members), weights);
}

std::int64_t Ensemble::longest_target() const {
  std::int64_t longest = std::int64_t{1} << 40;
  for (const LoadedModel& model : models)
    longest = std::min(longest, longest_sequence(decoder_position_of(model.config.model)).value_or(longest));
  return longest;
}

TranslatorOptions Ensemble::translator_options() const {
  TranslatorOptions options = translator_options_of(config());
  options.decoding.max_length = std::min(options.decoding.max_length.value_or(longest_target()), longest_target());
  for (const LoadedModel& model : models)
    options.max_source_tokens = std::min(
        options.max_source_tokens,
        longest_sequence(encoder_position_of(model.config.model)).value_or(options.max_source_tokens));
  return options;
}

}  // namespace attend
