// One named validation set of a translation: the loss of its reference translations, and BLEU and chrF of the model's own.
#pragma once

#include <string>
#include <vector>

#include "attend/data/corpora.h"
#include "attend/data/pair_mixture.h"
#include "attend/models/encoder_decoder.h"
#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

class TranslationValidation {
 public:
  // Measures training.validate_metrics of the config, with its decoding section. pairs: those of the set, encoded.
  TranslationValidation(const Config& config, const ValidationCorpora& set, PairMixture pairs, Tokenizers tokenizers, at::Device device);
  // With validate_batches, so many batches drawn from the set, the same ones each time, and as many evenly spaced lines to
  // translate. Translations begin with the target prefix of the set, which is taken off before they are scored.
  Metrics measure(EncoderDecoder& model) const;

 private:
  // Lines as they are in the files; sources have their prefixes.
  struct Text {
    std::vector<std::string> sources, references, target_prefixes;
  };
  static Text read_text(const ValidationCorpora& set);
  // Pairs in the batches that are looked at.
  std::int64_t add_loss(EncoderDecoder& model, Metrics& metrics) const;
  void add_scores(EncoderDecoder& model, std::int64_t lines, Metrics& metrics) const;

  std::string name_;
  Config config_;
  Tokenizers tokenizers_;
  at::Device device_;
  Text text_;  // only where translations are scored
  PairMixture pairs_;
};

// All sets of data.validation, read and encoded.
std::vector<TranslationValidation> read_validation_sets(const Config& config, const Tokenizers& tokenizers, at::Device device,
                                                        const DataCache& cache = {});

}  // namespace attend
