// One named validation set of a translation: it measures the loss of its reference translations, and BLEU and chrF of
// the model's own.
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
  // Measures training.validate_metrics of the config, with its decoding section. `pairs` are those of the set, encoded.
  TranslationValidation(const Config& config, const ValidationCorpora& set, PairMixture pairs, Tokenizers tokenizers,
                        at::Device device);
  // Measures the whole set. With validate_batches it measures the loss of so many batches, the same ones each time, and
  // translates as many evenly spaced lines as these batches hold pairs. Translations begin with the target prefix of
  // the set, which is taken off before they are scored.
  Metrics measure(EncoderDecoder& model) const;

 private:
  // The lines as they are in the files; sources have their prefixes.
  struct Text {
    std::vector<std::string> sources, references, target_prefixes;
  };
  static Text read_text(const ValidationCorpora& set);
  // Adds the loss and returns the number of pairs in the batches that were looked at.
  std::int64_t add_loss(EncoderDecoder& model, Metrics& metrics) const;
  // Adds BLEU and chrF of `lines` translations.
  void add_scores(EncoderDecoder& model, std::int64_t lines, Metrics& metrics) const;

  std::string name_;
  Config config_;
  Tokenizers tokenizers_;
  at::Device device_;
  Text text_;  // defined only where translations are scored
  PairMixture pairs_;
};

// Reads and encodes all sets of data.validation.
std::vector<TranslationValidation> read_validation_sets(const Config& config, const Tokenizers& tokenizers,
                                                        at::Device device, const DataCache& cache = {});

}  // namespace attend
