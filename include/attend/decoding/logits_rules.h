// Rules on what a step may choose. Each is a small piece that looks at one hypothesis and edits the log-probabilities
// of what may follow it. They are applied in turn, and nothing is normalised again. A search ranks by the edited
// values; the log_prob of a hypothesis stays the model's own.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attend/decoding/search_options.h"

namespace attend {

// The hypothesis of a row, as far as it has come.
struct SoFar {
  std::vector<std::int32_t> tokens;
  std::size_t given = 0;  // number of tokens at the beginning that were not chosen: a prompt, forced tokens
};

struct RuleRow {
  std::span<float> log_probs;            // V values; -inf: the token may not follow
  std::span<const std::int32_t> tokens;  // tokens so far, given ones included
  std::size_t given = 0;                 // number of given ones at the beginning
};

class LogitsRule {
 public:
  virtual ~LogitsRule() = default;
  virtual void apply(const RuleRow& row) const = 0;
};

// Returns the rule that these tokens never follow.
std::unique_ptr<LogitsRule> ban_tokens(std::vector<std::int32_t> tokens);
// Returns the rule that no end comes before `length` tokens, the end symbol not counted. With `chosen`, only tokens
// behind the given ones count.
std::unique_ptr<LogitsRule> min_length(std::int64_t length, std::int32_t eos, bool chosen = false);
// Returns the rule that makes tokens of the hypothesis less likely: ln p becomes penalty x ln p (Keskar et al. 2019,
// section 4.1, with logits taken as log-probabilities, so that a constant added to all logits changes nothing). Both
// penalties look at the `last` tokens, or at all of them where it is 0.
std::unique_ptr<LogitsRule> repetition_penalty(double penalty, std::int64_t last = 0);
// Returns the rule that makes less likely what was chosen before, given tokens aside: ln p becomes ln p - presence -
// frequency x times chosen.
std::unique_ptr<LogitsRule> presence_penalty(double presence, double frequency, std::int64_t last = 0);
// Returns the rule that ln p becomes ln p + bias. It comes behind the penalties, which are made for ln p below 0.
std::unique_ptr<LogitsRule> bias_tokens(std::vector<TokenBias> biases);
// Returns the rule that no n tokens in a row come twice (Paulus et al. 2018).
std::unique_ptr<LogitsRule> no_repeat_ngram(std::int64_t n);

// The rules that the options turn on, in the order above.
class LogitsRules {
 public:
  explicit LogitsRules(const SearchOptions& options);
  // Returns true where nothing is on but tokens that are never generated. A search can leave these out by itself.
  bool empty() const { return rules_.empty(); }
  // Returns the tokens that are never generated: pad, bos and options.banned. pad and bos are left out where they are
  // the end symbol.
  const std::vector<std::int32_t>& never() const { return never_; }
  // Returns true where there is an end symbol that may be generated.
  bool may_end() const { return may_end_; }

  struct Result {
    at::Tensor log_probs;  // (rows, V) float32 on the CPU: the model's own
    at::Tensor ruled;      // the same shape, after the rules
  };
  // Applies the rules to logits (rows, V); so_far has the hypothesis of each row. Where the rules leave nothing, the
  // end symbol stays possible or, where there is none or it is banned, whatever is not banned.
  Result apply(const at::Tensor& logits, const std::vector<SoFar>& so_far) const;

 private:
  void apply(const RuleRow& row, std::span<const float> own) const;

  std::vector<std::int32_t> never_;
  std::int32_t eos_;
  bool may_end_;
  std::unique_ptr<LogitsRule> bans_;
  std::vector<std::unique_ptr<LogitsRule>> rules_;
};

}  // namespace attend
