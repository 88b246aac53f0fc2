// Rules on what a step may choose. Each is a small piece that looks at one hypothesis and edits the log-probabilities of
// what may follow it; they are applied in turn and nothing is normalised again. A search ranks by the edited values; the
// log_prob of a hypothesis stays the model's own.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attend/decoding/search_options.h"

namespace attend {

// The hypothesis of a row.
struct SoFar {
  std::vector<std::int32_t> tokens;
  std::size_t given = 0;  // so many of them, at the beginning, were not chosen: a prompt, forced tokens
};

struct RuleRow {
  std::span<float> log_probs;            // V; -inf: may not follow
  std::span<const std::int32_t> tokens;  // so far, given ones included
  std::size_t given = 0;                 // of them
};

class LogitsRule {
 public:
  virtual ~LogitsRule() = default;
  virtual void apply(const RuleRow& row) const = 0;
};

// These tokens never follow.
std::unique_ptr<LogitsRule> ban_tokens(std::vector<std::int32_t> tokens);
// No end before `length` tokens, the end symbol not counted; `chosen`: only tokens behind those given count.
std::unique_ptr<LogitsRule> min_length(std::int64_t length, std::int32_t eos, bool chosen = false);
// Tokens of the hypothesis become less likely: ln p becomes penalty x ln p (Keskar et al. 2019, section 4.1, with logits
// taken as log-probabilities, so that a constant added to all logits changes nothing). Of both penalties `last`: they look at
// the last so many tokens, or at all where it is 0.
std::unique_ptr<LogitsRule> repetition_penalty(double penalty, std::int64_t last = 0);
// What was chosen before becomes less likely, given tokens aside: ln p becomes ln p - presence - frequency x times chosen.
std::unique_ptr<LogitsRule> presence_penalty(double presence, double frequency, std::int64_t last = 0);
// ln p becomes ln p + bias, behind the penalties, which are made for ln p below 0.
std::unique_ptr<LogitsRule> bias_tokens(std::vector<TokenBias> biases);
// No n tokens in a row twice (Paulus et al. 2018).
std::unique_ptr<LogitsRule> no_repeat_ngram(std::int64_t n);

// Those that are on, in the order above.
class LogitsRules {
 public:
  explicit LogitsRules(const SearchOptions& options);
  // True when nothing is on but tokens that are never generated, which a search can leave out by itself.
  bool empty() const { return rules_.empty(); }
  // pad, bos and options.banned; never the end symbol, whatever else it is
  const std::vector<std::int32_t>& never() const { return never_; }

  struct Result {
    at::Tensor log_probs;  // (rows, V) float32 on the CPU: the model's own
    at::Tensor ruled;      // the same shape: what the rules made of them
  };
  // logits (rows, V); so_far: of each row. Where the rules leave nothing, the end symbol stays possible; where there is none,
  // whatever is not banned.
  Result apply(const at::Tensor& logits, const std::vector<SoFar>& so_far) const;

 private:
  void apply(const RuleRow& row, std::span<const float> own) const;

  std::vector<std::int32_t> never_;
  std::int32_t eos_;
  std::unique_ptr<LogitsRule> bans_;
  std::vector<std::unique_ptr<LogitsRule>> rules_;
};

}  // namespace attend
