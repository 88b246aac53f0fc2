// A Scorer is all that a search sees of a model: the logits of the next tokens, and two ways to move its state. An
// ensemble, a language model or a table in a test is a Scorer too.
// Legend: B sentences, K hypotheses a sentence, S source tokens, t tokens, V vocabulary.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace attend {

class Constraints;

// Source sentences, end symbol included, padded at the right, and what is known of their targets.
struct SourceBatch {
  at::Tensor ids;                     // (B, S) int64
  std::vector<std::int64_t> lengths;  // B numbers of tokens, each 1..S
  // B token lists of equal length with which every hypothesis begins; empty: there are none.
  std::vector<std::vector<std::int32_t>> prefixes = {};
  // B numbers that name the sentences in random draws; only sampling reads them.
  std::vector<std::int64_t> lines = {};
  // B, or none: what the hypotheses must hold, nullptr for nothing; only beam search reads them.
  std::vector<const Constraints*> constraints = {};
  // B, or none: so many tokens of the prefix are a tag that no text shows, so they hold no constraint.
  std::vector<std::size_t> tags = {};
};

// The bounds of a search, known beforehand, so that states can be allocated once.
struct SearchBounds {
  std::int64_t beams = 1;     // largest K
  std::int64_t tokens = 1;    // most tokens of a hypothesis
  bool want_weights = false;  // true: cross_weights are read
};

struct StepOutput {
  at::Tensor logits;  // (B, K, V), not normalised
  // (B, K, S), where wanted: how much each source token gave to the prediction; rows add up to 1.
  at::Tensor cross_weights;
};

struct ForcedOutput {
  at::Tensor log_probs;      // (B, t) float32
  at::Tensor cross_weights;  // (B, t, S), where wanted
};

// The calls come in this order: begin; force, if at all; then, again and again, step, keep where sentences are done,
// and reorder where hypotheses move. Hypothesis k of sentence b is row b K + k.
class Scorer {
 public:
  virtual ~Scorer() = default;
  virtual std::int64_t vocabulary_size() const = 0;
  // Returns true for a language model, whose hypotheses continue their source. The first token that step appends is
  // then the last one of the source, not a start symbol, and begin takes in those before it.
  virtual bool continues_source() const { return false; }
  // Encodes the sentences. Afterwards each has one empty hypothesis.
  virtual void begin(const SourceBatch& batch, const SearchBounds& bounds) = 0;
  // Appends a token to every hypothesis. tokens is (B, K) int64; the first ones are start symbols.
  virtual StepOutput step(const at::Tensor& tokens) = 0;
  // Appends the tokens (B, t) to the one hypothesis of each sentence. Returns how likely `following` (B, t) was behind
  // each of them. This base version defines it, a step at a time; a model does it in one pass.
  virtual ForcedOutput force(const at::Tensor& tokens, const at::Tensor& following);
  // Keeps only these sentences: (B') int64, ascending. A reorder follows, whose rows are numbered as before.
  virtual void keep(const at::Tensor& sentence_rows) = 0;
  // Makes the hypotheses copies of these rows: (B', K') int64, each row within its own sentence. K' may differ from K.
  virtual void reorder(const at::Tensor& hypothesis_rows) = 0;
};

}  // namespace attend
