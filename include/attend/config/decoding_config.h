// The sections `decoding` (beam search of translations) and `generation` (sampling from a language model).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/enums/runtime.h"
#include "attend/config/field.h"
#include "attend/config/one_of.h"

namespace attend {

// In a list of banned pieces this name means the unknown token, however the vocabulary spells it. It means nothing when
// the vocabulary has no unknown token.
inline constexpr const char* kUnknownPiece = "<unk>";

// The order is that of LengthPenaltyConfig's variant.
enum class LengthPenaltyType { average, gnmt, none };

struct PenaltyStrength {
  double alpha = 1.0;
  template <class V>
  void visit(V& v) {
    v.field("alpha", alpha, "strength", Range{0, 10}, Resume::free);
  }
};
struct AveragePenalty : PenaltyStrength {
  static constexpr EnumEntry<LengthPenaltyType> kRow{LengthPenaltyType::average, "average",
                                                     "log_prob / tokens^alpha"};
};
struct GnmtPenalty : PenaltyStrength {
  static constexpr EnumEntry<LengthPenaltyType> kRow{LengthPenaltyType::gnmt, "gnmt",
                                                     "log_prob / ((5 + tokens) / 6)^alpha"};
};
struct NoPenalty {
  static constexpr EnumEntry<LengthPenaltyType> kRow{LengthPenaltyType::none, "none", "log_prob"};
  template <class V>
  void visit(V&) {}
};

struct LengthPenaltyConfig : OneOf<LengthPenaltyType, AveragePenalty, GnmtPenalty, NoPenalty> {
  // Null where the type has none.
  double* alpha() {
    if (auto* average = find<AveragePenalty>()) return &average->alpha;
    if (auto* gnmt = find<GnmtPenalty>()) return &gnmt->alpha;
    return nullptr;
  }
  template <class V>
  void visit(V& v) {
    v.one_of("type", *this, "how length enters a score", Resume::free);
  }
};
ATTEND_ENUM_TABLE(LengthPenaltyType, LengthPenaltyConfig::kRows)

enum class StopRule { finished, bound };
inline constexpr EnumEntry<StopRule> kStopRules[] = {
    {StopRule::finished, "finished", "when beam_size x patience hypotheses have finished"},
    {StopRule::bound, "bound", "when no unfinished hypothesis can still win"}};
ATTEND_ENUM_TABLE(StopRule, kStopRules)

struct StopConfig {
  StopRule rule = StopRule::finished;
  double patience = 1.0;
  template <class V>
  void visit(V& v) {
    v.field("rule", rule, "when a sentence is done", {}, Resume::free);
    v.of("rule", {StopRule::finished})
        .field("patience", patience, "beam_size x patience hypotheses must finish (rounded up)", Range{0.01, 100},
               Resume::free);
  }
};

struct DecodingConfig {
  std::int64_t beam_size = 5;
  std::int64_t candidates = 2;
  LengthPenaltyConfig length_penalty;
  double coverage_penalty = 0.0;
  std::int64_t min_length = 0;
  Auto<std::int64_t> max_length;
  double max_length_ratio = 2.0;
  std::int64_t max_length_offset = 50;
  double repetition_penalty = 1.0;
  double presence_penalty = 0.0, frequency_penalty = 0.0;
  std::int64_t no_repeat_ngram = 0;
  std::vector<std::string> ban{kUnknownPiece};
  bool distinct = false;
  StopConfig stop;
  template <class V>
  void visit(V& v) {
    v.of_task(TaskType::translation)
        .field("beam_size", beam_size, "hypotheses kept; 1 is greedy search", Range{1, 1000}, Resume::free);
    v.field("candidates", candidates, "candidates x beam_size continuations are looked at in a step", Range{1, 100},
            Resume::free);
    v.section("length_penalty", length_penalty, "length penalty");
    v.of_task(TaskType::translation)
        .field("coverage_penalty", coverage_penalty, "strength of GNMT's coverage penalty; 0: off", Range{0, 100},
               Resume::free);
    v.of_task(TaskType::translation)
        .field("min_length", min_length, "shortest output in tokens, end symbol not counted", Range{0, 1'000'000},
               Resume::free);
    v.automatic("max_length", max_length, "longest output in tokens, end symbol included", Range{1, 1'000'000},
                Resume::free, "data.max_length");
    v.of_task(TaskType::translation)
        .field("max_length_ratio", max_length_ratio, "output limit per source token", Range{0, 1000}, Resume::free);
    v.of_task(TaskType::translation)
        .field("max_length_offset", max_length_offset, "added to ratio x source tokens", Range{0, 1'000'000},
               Resume::free);
    v.of_task(TaskType::translation)
        .field("repetition_penalty", repetition_penalty, "above 1 makes tokens already used less likely; 1: off",
               Range{1e-3, 1000}, Resume::free);
    v.of_task(TaskType::translation)
        .field("presence_penalty", presence_penalty,
               "taken from the log-probability of each token generated before; 0: off", Range{-100, 100}, Resume::free);
    v.of_task(TaskType::translation)
        .field("frequency_penalty", frequency_penalty, "taken from it once for each time it was generated; 0: off",
               Range{-100, 100}, Resume::free);
    v.of_task(TaskType::translation)
        .field("no_repeat_ngram", no_repeat_ngram, "no sequence of so many tokens twice in an output; 0: off",
               Range{0, 1000}, Resume::free);
    v.of_task(TaskType::translation)
        .field("ban", ban, "pieces that are never generated; <unk> is the unknown token, however it is spelt", {},
               Resume::free);
    v.of_task(TaskType::translation).field("distinct", distinct, "n-best lists without equal texts", {}, Resume::free);
    v.section("stop", stop, "stopping rule");
  }
};

// The smallest probability mass that top_p and typical may ask for.
inline constexpr double kLeastMass = 1e-9;

// Parses a number that is added to a log-probability: -1000 to 1000, or -inf. Returns nullopt for any other text.
std::optional<double> parse_bias(std::string_view text);

struct GenerationConfig {
  double temperature = 1.0;
  std::int64_t top_k = 0;
  double top_p = 1.0, min_p = 0.0, typical = 1.0;
  double repetition_penalty = 1.0, presence_penalty = 0.0, frequency_penalty = 0.0;
  std::int64_t penalty_last = 0;
  std::int64_t no_repeat_ngram = 0;
  std::vector<std::string> ban{kUnknownPiece};
  std::map<std::string, std::string> logit_bias;  // the values are numbers that parse_bias reads
  std::int64_t min_new_tokens = 0, max_new_tokens = 256;
  std::int64_t keep_first = 0;
  std::int64_t seed = 1;
  template <class V>
  void visit(V& v) {
    v.field("temperature", temperature, "below 1 sharpens, above 1 flattens; 0: the likeliest token each time",
            Range{0, 100}, Resume::free);
    v.field("top_k", top_k, "only the likeliest so many tokens; 0: all", Range{0, 1'000'000}, Resume::free);
    v.field("top_p", top_p, "only the likeliest tokens that hold this much probability", Range{kLeastMass, 1},
            Resume::free);
    v.field("min_p", min_p, "only tokens at least this share as likely as the likeliest", Range{0, 1}, Resume::free);
    v.field("typical", typical, "only the tokens nearest to the expected information that hold this much probability",
            Range{kLeastMass, 1}, Resume::free);
    v.field("repetition_penalty", repetition_penalty, "above 1 makes tokens of the text so far less likely; 1: off",
            Range{1e-3, 1000}, Resume::free);
    v.field("presence_penalty", presence_penalty,
            "taken from the log-probability of each token generated before; 0: off", Range{-100, 100}, Resume::free);
    v.field("frequency_penalty", frequency_penalty, "taken from it once for each time it was generated; 0: off",
            Range{-100, 100}, Resume::free);
    v.field("penalty_last", penalty_last, "the three penalties look at the last so many tokens alone; 0: at all",
            Range{0, 10'000'000}, Resume::free);
    v.field("no_repeat_ngram", no_repeat_ngram, "no sequence of so many tokens twice in a text; 0: off", Range{0, 1000},
            Resume::free);
    v.field("ban", ban, "pieces that are never generated; <unk> is the unknown token, however it is spelt", {},
            Resume::free);
    v.field("logit_bias", logit_bias,
            "pieces, each with a number that is added to its log-probability; -inf: it is never generated", {},
            Resume::free);
    v.field("min_new_tokens", min_new_tokens,
            "shortest continuation: before, neither the end symbol nor a stop string ends it", Range{0, 10'000'000},
            Resume::free);
    v.field("max_new_tokens", max_new_tokens, "longest continuation", Range{1, 10'000'000}, Resume::free);
    v.field("keep_first", keep_first,
            "so many tokens at the beginning of a text stay in sight when the context is full", Range{0, 10'000'000},
            Resume::free);
    v.field("seed", seed, "of the random draws", kNotNegative, Resume::free);
  }
};

}  // namespace attend
