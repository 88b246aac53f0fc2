// One model or several that decode as one. They are loaded, checked to speak of the same tokens, and turned into
// scorers.
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
  std::vector<double> weights;      // one for each model

  const Config& config() const { return models.front().config; }
  const Tokenizers& tokenizers() const { return models.front().tokenizers; }
  // Returns a scorer with a state of its own. All scorers share the models.
  std::unique_ptr<Scorer> make_scorer() const;
  // Returns the length of the longest target, end symbol included, for which every learned position table has rows.
  std::int64_t longest_target() const;
  // Returns the defaults of the first model, within the position tables of all.
  TranslatorOptions translator_options() const;
};

// Loads the models. `weights` has one for each model, or none where they are equal. UsageError where there are not as
// many, where one is negative or not finite, or where all are 0. ModelError where one is no translation model or a
// vocabulary differs from the first model's.
Ensemble load_ensemble(const std::vector<std::string>& paths, const std::vector<double>& weights,
                       const Runtime& runtime);

}  // namespace attend
