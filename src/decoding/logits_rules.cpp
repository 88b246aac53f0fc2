#include "attend/decoding/logits_rules.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "attend/core/error.h"

namespace attend {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

class BanTokens final : public LogitsRule {
 public:
  explicit BanTokens(std::vector<std::int32_t> tokens) : tokens_(std::move(tokens)) {}
  void apply(const RuleRow& row) const override {
    for (const std::int32_t token : tokens_) row.log_probs[token] = kForbidden;
  }

 private:
  std::vector<std::int32_t> tokens_;
};

class BiasTokens final : public LogitsRule {
 public:
  explicit BiasTokens(std::vector<TokenBias> biases) : biases_(std::move(biases)) {}
  void apply(const RuleRow& row) const override {
    for (const auto& [token, bias] : biases_) row.log_probs[token] += bias;
  }

 private:
  std::vector<TokenBias> biases_;
};

// The last tokens, or all where `last` is 0.
std::span<const std::int32_t> last_of(std::span<const std::int32_t> tokens, std::int64_t last) {
  const auto most = static_cast<std::size_t>(last);
  return last == 0 || tokens.size() <= most ? tokens : tokens.last(most);
}

class MinLength final : public LogitsRule {
 public:
  MinLength(std::int64_t length, std::int32_t eos, bool chosen) : length_(length), eos_(eos), chosen_(chosen) {}
  void apply(const RuleRow& row) const override {
    const std::size_t tokens = row.tokens.size() - (chosen_ ? row.given : 0);
    if (static_cast<std::int64_t>(tokens) < length_) row.log_probs[eos_] = kForbidden;
  }

 private:
  std::int64_t length_;
  std::int32_t eos_;
  bool chosen_;
};

class RepetitionPenalty final : public LogitsRule {
 public:
  RepetitionPenalty(double penalty, std::int64_t last) : penalty_(static_cast<float>(penalty)), last_(last) {}
  void apply(const RuleRow& row) const override {
    const auto tokens = last_of(row.tokens, last_);
    std::vector<std::int32_t> seen(tokens.begin(), tokens.end());
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    for (const std::int32_t token : seen)
      if (row.log_probs[token] != kForbidden) row.log_probs[token] *= penalty_;
  }

 private:
  float penalty_;
  std::int64_t last_;
};

class PresencePenalty final : public LogitsRule {
 public:
  PresencePenalty(double presence, double frequency, std::int64_t last)
      : presence_(presence), frequency_(frequency), last_(last) {}
  void apply(const RuleRow& row) const override {
    std::unordered_map<std::int32_t, std::int64_t> chosen;
    for (const std::int32_t token : last_of(row.tokens.subspan(row.given), last_)) ++chosen[token];
    for (const auto& [token, times] : chosen)
      row.log_probs[token] -= static_cast<float>(presence_ + frequency_ * static_cast<double>(times));
  }

 private:
  double presence_, frequency_;
  std::int64_t last_;
};

class NoRepeatNgram final : public LogitsRule {
 public:
  explicit NoRepeatNgram(std::int64_t n) : n_(static_cast<std::size_t>(n)) {}
  void apply(const RuleRow& row) const override {
    const auto& tokens = row.tokens;
    if (tokens.size() < n_) return;
    const auto last = tokens.last(n_ - 1);
    for (std::size_t begin = 0; begin + n_ <= tokens.size(); ++begin)
      if (std::equal(last.begin(), last.end(), tokens.begin() + static_cast<std::ptrdiff_t>(begin)))
        row.log_probs[tokens[begin + n_ - 1]] = kForbidden;
  }

 private:
  std::size_t n_;
};

std::vector<std::int32_t> never_generated(const SearchOptions& options) {
  std::vector<std::int32_t> never = options.banned;
  for (const auto token : {options.special.pad, options.special.bos})
    if (token != options.special.eos) never.push_back(token);
  std::sort(never.begin(), never.end());
  std::erase_if(never, [](std::int32_t token) { return token < 0; });
  never.erase(std::unique(never.begin(), never.end()), never.end());
  return never;
}

}  // namespace

std::unique_ptr<LogitsRule> ban_tokens(std::vector<std::int32_t> tokens) {
  return std::make_unique<BanTokens>(std::move(tokens));
}

std::unique_ptr<LogitsRule> bias_tokens(std::vector<TokenBias> biases) {
  return std::make_unique<BiasTokens>(std::move(biases));
}

std::unique_ptr<LogitsRule> min_length(std::int64_t length, std::int32_t eos, bool chosen) {
  return std::make_unique<MinLength>(length, eos, chosen);
}

std::unique_ptr<LogitsRule> repetition_penalty(double penalty, std::int64_t last) {
  return std::make_unique<RepetitionPenalty>(penalty, last);
}

std::unique_ptr<LogitsRule> presence_penalty(double presence, double frequency, std::int64_t last) {
  return std::make_unique<PresencePenalty>(presence, frequency, last);
}

std::unique_ptr<LogitsRule> no_repeat_ngram(std::int64_t n) { return std::make_unique<NoRepeatNgram>(n); }

LogitsRules::LogitsRules(const SearchOptions& options)
    : never_(never_generated(options)),
      eos_(options.special.eos),
      may_end_(eos_ >= 0 && !std::binary_search(never_.begin(), never_.end(), eos_)),
      bans_(ban_tokens(never_)) {
  const DecodingConfig& decoding = options.decoding;
  if (decoding.min_length > 0) rules_.push_back(min_length(decoding.min_length, eos_));
  if (options.min_new_tokens > 0 && eos_ >= 0) rules_.push_back(min_length(options.min_new_tokens, eos_, true));
  if (decoding.repetition_penalty != 1.0)
    rules_.push_back(repetition_penalty(decoding.repetition_penalty, options.penalty_last));
  if (decoding.presence_penalty != 0.0 || decoding.frequency_penalty != 0.0)
    rules_.push_back(presence_penalty(decoding.presence_penalty, decoding.frequency_penalty, options.penalty_last));
  if (!options.biases.empty()) rules_.push_back(bias_tokens(options.biases));
  if (decoding.no_repeat_ngram > 0) rules_.push_back(no_repeat_ngram(decoding.no_repeat_ngram));
}

void LogitsRules::apply(const RuleRow& row, std::span<const float> own) const {
  bans_->apply(row);
  for (const auto& rule : rules_) rule->apply(row);
  const auto none_left = [&] {
    return std::all_of(row.log_probs.begin(), row.log_probs.end(), [](float x) { return x == kForbidden; });
  };
  if (!none_left()) return;
  if (may_end_) {
    row.log_probs[eos_] = own[eos_];
  } else {
    std::copy(own.begin(), own.end(), row.log_probs.begin());
    bans_->apply(row);
    if (none_left()) throw ModelError("[decoding] expected tokens to choose, got none that is not banned");
  }
}

LogitsRules::Result LogitsRules::apply(const at::Tensor& logits, const std::vector<SoFar>& so_far) const {
  Result result;
  result.log_probs = logits.to(at::kFloat).log_softmax(-1).cpu().contiguous();  // sync
  result.ruled = result.log_probs.clone();
  const std::int64_t V = logits.size(1);
  const float* own = result.log_probs.const_data_ptr<float>();
  float* ruled = result.ruled.mutable_data_ptr<float>();
  at::parallel_for(0, logits.size(0), 4, [&](std::int64_t begin, std::int64_t end) {
    const auto width = static_cast<std::size_t>(V);
    for (std::int64_t r = begin; r < end; ++r)
      apply({{ruled + r * V, width}, so_far[r].tokens, so_far[r].given}, {own + r * V, width});
  });
  return result;
}

}  // namespace attend
