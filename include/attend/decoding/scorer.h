// All that beam search sees of a model: the next tokens' logits, and two ways to move its state. An ensemble, a language
// model or a table in a test is a Scorer too. Legend: B sentences, K hypotheses a sentence, S source tokens, V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace attend {

// Source sentences, end symbol included, padded at the right.
struct SourceBatch {
  at::Tensor ids;                     // (B, S) int64
  std::vector<std::int64_t> lengths;  // B, each 1..S
};

struct StepOutput {
  at::Tensor logits;         // (B, K, V), not normalised
  at::Tensor cross_weights;  // (B, K, S) or undefined
};

// In this order: begin; then, again and again, step, keep where sentences are done, reorder where hypotheses move.
// Hypothesis k of sentence b is row b K + k.
class Scorer {
 public:
  virtual ~Scorer() = default;
  virtual std::int64_t vocabulary_size() const = 0;
  // Encodes the sentences; each has one empty hypothesis then. `max_beams` bounds K and `max_tokens` the number of steps,
  // so that states can be allocated once.
  virtual void begin(const SourceBatch& batch, std::int64_t max_beams, std::int64_t max_tokens) = 0;
  // Appends a token to every hypothesis. tokens (B, K) int64; the first are start symbols.
  virtual StepOutput step(const at::Tensor& tokens) = 0;
  // Only these sentences go on: (B') int64, ascending. A reorder follows, whose rows are numbered as before.
  virtual void keep(const at::Tensor& sentence_rows) = 0;
  // The hypotheses are now copies of these rows: (B', K') int64, each row within its own sentence. K' may differ from K.
  virtual void reorder(const at::Tensor& hypothesis_rows) = 0;
};

}  // namespace attend
