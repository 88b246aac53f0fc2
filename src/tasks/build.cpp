#include "attend/tasks/build.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/tasks/language_model.h"
#include "attend/tasks/translation.h"

namespace attend {
namespace {

// Of a stream that a model did not train on, which may be another vocabulary's.
void check_ids(const std::optional<TokenStreamConfig>& stream, std::int64_t vocabulary) {
  if (!stream || stream->vocab_size == vocabulary) return;
  if (stream->vocab_size > vocabulary)
    throw ModelError("[", stream->file, "] expected ids of the model's vocabulary of ", vocabulary,
                     ", got ids of one of ", stream->vocab_size);
  log_warning("[", stream->file, "] the ids are of a vocabulary of ", stream->vocab_size, ", the model's has ",
              vocabulary, "; are they the same?");
}

}  // namespace

std::unique_ptr<Task> build_task(const Config& config, const Tokenizers& tokenizers, at::Device device,
                                 const DataCache& cache) {
  switch (config.task) {
    case TaskType::translation: return std::make_unique<TranslationTask>(config, tokenizers, device, cache);
    case TaskType::language_model: return std::make_unique<LanguageModelTask>(config, tokenizers, device, cache);
  }
  TORCH_CHECK(false, "unreachable task");
}

std::vector<Metrics> validate_once(const Config& config, const Tokenizers& tokenizers, Model& model,
                                   at::Device device) {
  std::vector<Metrics> all;
  switch (config.task) {
    case TaskType::translation: {
      auto& translation = model_as<EncoderDecoder>(model, "validate");
      for (const auto& set : read_validation_sets(config, tokenizers, device)) all.push_back(set.measure(translation));
      return all;
    }
    case TaskType::language_model: {
      auto& language = model_as<LanguageModel>(model, "validate");
      check_ids(config.data.train.front().tokens, language.vocabularies().target);
      for (const auto& set : read_language_sets(config, tokenizers, device)) all.push_back(set.measure(language));
      return all;
    }
  }
  TORCH_CHECK(false, "unreachable task");
}

}  // namespace attend
