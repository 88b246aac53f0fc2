// One model or several that decode as one: loaded, checked to speak of the same tokens, and turned into scorers.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "attend/checkpoint/model_directory.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/translator.h"

namespace attend {

struct Ensemble {
  std::vector<LoadedModel> models;  // at least one; tokenizers and decoding defaults are those of the first
  std::vector<double> weights;      // one a model

  const Config& config() const { return models.front().config; }
  const Tokenizers& tokenizers() const { return models.front().tokenizers; }
  // A scorer with a state of its own; all of them share the models.
  std::unique_ptr<Scorer> make_scorer() const;
  // Longest target, end symbol included, that every learned position table has rows for.
  std::int64_t longest_target() const;
  // Defaults of the first model, within the position tables of all.
  TranslatorOptions translator_options() const;
};

// `weights`: one a model, or none for equal ones. UsageError where they are not as many, are negative or all 0; ModelError
// where one is no translation model or a vocabulary differs from the first model's.
Ensemble load_ensemble(const std::vector<std::string>& paths, const std::vector<double>& weights, const Runtime& runtime);

}  // namespace attend
