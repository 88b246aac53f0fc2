// What translate and generate both take to shape a search: how tokens are drawn, and rules on what may follow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attend/cli/common.h"
#include "attend/text/tokenizer.h"

namespace CLI {
class Validator;
}

namespace attend {

template <class T, class Given>
void replace(T& value, const std::optional<Given>& given) {
  if (given) value = static_cast<T>(*given);
}

// A number from low to high; CLI::Range would let "nan" pass.
CLI::Validator number_between(double low, double high);

struct SamplingFlags {
  std::optional<double> temperature, top_p, min_p, typical;
  std::optional<std::int64_t> top_k, seed;

  bool any() const { return temperature || top_p || min_p || typical || top_k || seed; }
  // What was given goes into SamplingOptions or GenerationConfig.
  template <class Target>
  void apply(Target& target) const {
    replace(target.temperature, temperature);
    replace(target.top_k, top_k);
    replace(target.top_p, top_p);
    replace(target.min_p, min_p);
    replace(target.typical, typical);
    replace(target.seed, seed);
  }
};
void add_sampling_flags(CLI::App& verb, SamplingFlags& flags);

struct RuleFlags {
  std::optional<double> repetition_penalty, presence_penalty, frequency_penalty;
  std::optional<std::int64_t> no_repeat_ngram;
  std::vector<std::string> banned;

  // What was given goes into DecodingConfig or GenerationConfig.
  template <class Target>
  void apply(Target& target) const {
    replace(target.repetition_penalty, repetition_penalty);
    replace(target.presence_penalty, presence_penalty);
    replace(target.frequency_penalty, frequency_penalty);
    replace(target.no_repeat_ngram, no_repeat_ngram);
    target.ban.insert(target.ban.end(), banned.begin(), banned.end());
  }
};
void add_rule_flags(CLI::App& verb, RuleFlags& flags);

// The ids of pieces that `option` bans. UsageError where the vocabulary has none, but for <unk>.
std::vector<std::int32_t> banned_numbers(const Tokenizer& tokenizer, const std::vector<std::string>& pieces,
                                         std::string_view option);

// The id of a piece that `option` names. UsageError where the vocabulary has none.
std::int32_t piece_number(const Tokenizer& tokenizer, const std::string& piece, std::string_view option);

// UsageError where one of --source-tag and --target-tag is no text on one line.
void check_tags(const std::string& source_tag, const std::optional<std::string>& target_tag);

}  // namespace attend
