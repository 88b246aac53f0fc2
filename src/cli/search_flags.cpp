#include "search_flags.h"

#include <CLI/CLI.hpp>

#include "attend/decoding/banned.h"

namespace attend {
namespace {

// Of a share of probability that must hold something.
CLI::Validator above_zero_to_one() {
  return {[](std::string& text) {
            const auto value = parse_double(text);
            return value && *value >= kLeastMass && *value <= 1
                       ? ""
                       : concat("expected a number above 0 and at most 1, got ", text);
          },
          ""};
}

}  // namespace

CLI::Validator number_between(double low, double high) {
  return {[low, high](std::string& text) {
            const auto value = parse_double(text);
            return value && *value >= low && *value <= high
                       ? ""
                       : concat("expected a number from ", low, " to ", high, ", got ", text);
          },
          ""};
}

void add_sampling_flags(CLI::App& verb, SamplingFlags& flags) {
  const auto add = [&](const char* name, auto& value, const char* doc) {
    return verb.add_option(name, value, doc)->group("Sampling");
  };
  add("--temperature", flags.temperature, "below 1 sharpens, above 1 flattens; 0: the likeliest token each time")
      ->check(number_between(0, 100))
      ->type_name("T");
  add("--top-k", flags.top_k, "only the K likeliest tokens; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}))
      ->type_name("K");
  add("--top-p", flags.top_p, "only the likeliest tokens that hold this much probability")
      ->check(above_zero_to_one())
      ->type_name("P");
  add("--min-p", flags.min_p, "only tokens at least this share as likely as the likeliest")
      ->check(number_between(0, 1))
      ->type_name("P");
  add("--typical", flags.typical, "only the most typical tokens that hold this much probability")
      ->check(above_zero_to_one())
      ->type_name("P");
  add("--seed", flags.seed, "a line's draws depend on it, on the line's number and on nothing else")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{9'000'000'000'000'000}))
      ->type_name("S");
}

void add_rule_flags(CLI::App& verb, RuleFlags& flags) {
  verb.add_option("--no-repeat-ngram", flags.no_repeat_ngram, "no N tokens in a row twice; 0: off")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1000}))
      ->type_name("N");
  verb.add_option("--repetition-penalty", flags.repetition_penalty, "above 1 makes tokens already used less likely")
      ->check(number_between(1e-3, 1000))
      ->type_name("R");
  verb.add_option("--presence-penalty", flags.presence_penalty, "taken from ln p of each token generated before")
      ->check(number_between(-100, 100))
      ->type_name("R");
  verb.add_option("--frequency-penalty", flags.frequency_penalty, "taken from ln p once for each time it was generated")
      ->check(number_between(-100, 100))
      ->type_name("R");
  verb.add_option("--ban", flags.banned, "a piece that is never generated, beside those of the config; repeatable")
      ->allow_extra_args(false)
      ->type_name("PIECE");
}

std::vector<std::int32_t> banned_numbers(const Tokenizer& tokenizer, const std::vector<std::string>& pieces,
                                         std::string_view option) {
  try {
    return banned_ids(pieces, tokenizer, option);
  } catch (const ConfigError& fault) {
    throw UsageError(fault.what());
  }
}

std::int32_t piece_number(const Tokenizer& tokenizer, const std::string& piece, std::string_view option) {
  if (const auto id = find_piece(tokenizer, piece)) return *id;
  throw UsageError("[", option, "] expected a piece of the vocabulary, got \"", piece,
                   "\"; attend tokenizer encode shows pieces");
}

void check_tags(const std::string& source_tag, const std::optional<std::string>& target_tag) {
  for (const auto& [name, tag] : {std::pair{"--source-tag", source_tag}, {"--target-tag", target_tag.value_or("")}})
    if (!is_valid_utf8(tag) || tag.find('\n') != std::string::npos)
      throw UsageError("[", name, "] expected a tag in UTF-8 on one line");
}

}  // namespace attend
