// What beam search and sampling share: sentences in flight, their hypotheses as paths in one tree, and the order in
// which a Scorer is spoken to. What differs is how a step continues the hypotheses, and when a sentence is done.
#pragma once

#include <limits>
#include <optional>

#include "attend/decoding/constraints.h"
#include "attend/decoding/hypothesis.h"
#include "attend/decoding/logits_rules.h"
#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"

namespace attend {

inline constexpr double kDead = -std::numeric_limits<double>::infinity();

// A hypothesis that has not ended.
struct Live {
  std::int64_t node = TokenTree::kStart;
  std::int64_t origin = 0;  // the place in the beam of a step ago that it continues
  // sum of log-probabilities, as the rules left them, of what was searched; kDead: fills up a beam
  double rank = 0;
  std::int64_t sample = 0;  // sampling: which of the samples
};

// One more token behind a live hypothesis.
struct Continuation {
  double rank;          // with the token
  std::int64_t origin;  // place in the beam
  std::int32_t token;
  float log_prob;           // of the token, the model's own
  std::int64_t sample = 0;  // sampling: which of the samples

  bool operator<(const Continuation& other) const {  // better first, ties in a fixed order
    if (rank != other.rank) return rank > other.rank;
    return origin != other.origin ? origin < other.origin : token < other.token;
  }
};

class Search {
 public:
  // `beams`: live hypotheses a sentence
  Search(Scorer& scorer, const SearchOptions& options, std::int64_t beams);
  virtual ~Search() = default;
  std::vector<std::vector<Hypothesis>> run(const SourceBatch& batch);

 protected:
  struct Sentence {
    std::size_t index;     // in the batch given
    std::int64_t limit;    // tokens
    std::int64_t sources;  // source tokens
    const Constraints* constraints;  // nullptr: none
    std::size_t tag;                 // tokens of the prefix that no text shows
    std::vector<Live> beam;
    std::vector<Hypothesis> finished;
  };

  // Reads the logits of all live hypotheses, (rows, V).
  virtual void look(const at::Tensor& logits) = 0;
  // How a sentence, whose hypotheses are the rows from `first_row` on, may go on; best first.
  virtual std::vector<Continuation> continuations(const Sentence& sentence, std::int64_t first_row) const = 0;
  // Asked while hypotheses live.
  virtual bool is_done(const Sentence& sentence) const = 0;

  // Every row so far, where rules read it.
  std::vector<SoFar> rows_so_far() const;
  // Of a live hypothesis, without a prompt.
  std::vector<std::int32_t> tokens_of(const Live& live) const { return tree_.tokens(live.node); }
  const SearchOptions& options() const { return options_; }
  const LogitsRules& rules() const { return rules_; }
  const std::vector<Sentence>& sentences() const { return sentences_; }
  std::int64_t beams() const { return beams_; }
  std::int64_t width() const { return width_; }
  std::int64_t tokens() const { return tokens_; }
  std::int64_t searched() const { return tokens_ - forced_; }
  std::int64_t forced() const { return forced_; }

 private:
  void begin(const SourceBatch& batch);
  Sentence first_of(const SourceBatch& batch, std::size_t b) const;
  void prefill(const SourceBatch& batch);
  void step();
  at::Tensor last_tokens() const;
  void advance(Sentence& sentence, std::int64_t first_row);
  std::optional<Finish> end_of(const Sentence& sentence, const TokenTree::Node& last, std::int64_t sample) const;
  Hypothesis finish(const Sentence& sentence, const TokenTree::Node& last, const Continuation& chosen) const;
  void deliver(Sentence& sentence);
  void go_on(const std::vector<std::int64_t>& kept, std::int64_t width);
  void record(const at::Tensor& cross_weights);

  Scorer& scorer_;
  const SearchOptions& options_;
  const LogitsRules rules_;
  const std::int64_t beams_;
  const bool want_attention_;
  std::int64_t forced_ = 0;  // tokens of the prefix
  std::int64_t tokens_ = 0;  // of a live hypothesis
  std::int64_t width_ = 1;   // hypotheses a sentence: one before the first step
  TokenTree tree_;
  std::vector<at::Tensor> attention_;  // of each step (rows, S) float32 on the CPU, where wanted
  std::vector<Sentence> sentences_;    // those not done
  std::vector<std::vector<std::int32_t>> prompts_;  // what the hypotheses of each sentence continue, where they do
  std::vector<std::vector<Hypothesis>> results_;
};

}  // namespace attend
