// Laws of beam search on toy scorers: the batched search equals one written plainly for a single sentence, and that
// one equals looking at every sequence where the beam is wide enough.
#include "attend/decoding/beam_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/support/toy_scorer.h"
#include "tests/support/options.h"

using namespace attend;
using namespace attend::test;

namespace {

struct Path {
  Ids ids;
  double rank, log_prob;
  std::vector<std::vector<float>> attention;
  bool operator<(const Path& other) const { return rank > other.rank; }
};

// The last n tokens stood there before.
bool repeats_ngram(const Ids& ids, std::int64_t n) {
  if (static_cast<std::int64_t>(ids.size()) < n) return false;
  return std::search(ids.begin(), ids.end() - 1, ids.end() - n, ids.end()) != ids.end() - 1;
}

// What the rules make of the log-probability of the last token of `ids`.
double ruled(const DecodingConfig& config, const Ids& ids, double log_prob) {
  const bool used = std::find(ids.begin(), ids.end() - 1, ids.back()) != ids.end() - 1;
  if (ids.back() == kEos && static_cast<std::int64_t>(ids.size()) <= config.min_length) return -1e30;
  if (config.no_repeat_ngram > 0 && repeats_ngram(ids, config.no_repeat_ngram)) return -1e30;
  return used ? log_prob * config.repetition_penalty : log_prob;
}

double score_of(const SearchOptions& options, const Path& path, std::size_t forced) {
  const double beta = options.decoding.coverage_penalty;
  double score = length_normalised(options.decoding.length_penalty, path.rank,
                                   static_cast<std::int64_t>(path.ids.size() - forced));
  for (std::size_t s = 0; beta > 0 && s < path.attention.front().size(); ++s) {
    double covered = 0;
    for (const auto& row : path.attention) covered += row[s];
    score += beta * std::log(std::min(covered, 1.0));
  }
  return score;
}

// The definition, for one sentence, with nothing clever in it.
std::vector<Hypothesis> plain_search(const Toy& toy, std::int64_t sentence, std::int64_t source_tokens,
                                     const SearchOptions& options, const Ids& forced = {}) {
  const auto& config = options.decoding;
  const auto taken = static_cast<std::int64_t>(forced.size());
  const std::int64_t beam = config.beam_size, limit = std::max(output_limit(config, source_tokens), taken + 1);
  const auto longer = [&](const Path& path, std::int32_t token, bool searched) {
    Ids prefix{kBos};
    prefix.insert(prefix.end(), path.ids.begin(), path.ids.end());
    Path next = path;
    next.ids.push_back(token);
    next.attention.push_back(toy.weights(sentence, prefix, source_tokens));
    const double log_prob = toy.log_probs(sentence, prefix)[token];
    next.log_prob += log_prob;
    if (searched) next.rank += ruled(config, next.ids, log_prob);
    return next;
  };
  std::vector<Path> live{{{}, 0.0, 0.0, {}}};
  for (const std::int32_t token : forced) live.front() = longer(live.front(), token, false);
  std::vector<Hypothesis> finished;
  for (std::int64_t t = taken + 1; t <= limit && !live.empty(); ++t) {
    std::vector<Path> all, next;
    for (const Path& path : live)
      for (std::int32_t v = 0; v < toy.vocabulary; ++v)
        if (v != 0 && v != kBos) all.push_back(longer(path, v, true));
    std::stable_sort(all.begin(), all.end());
    all.resize(std::min<std::size_t>(all.size(), config.candidates * beam));
    while (!all.empty() && all.back().rank < -1e29) all.pop_back();
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      const bool ends = t == limit || all[rank].ids.back() == kEos;
      if (!ends && static_cast<std::int64_t>(next.size()) < beam) next.push_back(all[rank]);
      if (ends && static_cast<std::int64_t>(rank) < beam)
        finished.push_back(
            {all[rank].ids, {}, all[rank].log_prob, score_of(options, all[rank], forced.size()), all[rank].attention});
    }
    live = next;
    if (live.empty()) break;
    if (config.stop.rule == StopRule::finished && finished.size() >= std::ceil(beam * config.stop.patience - 1e-9))
      break;
    if (config.stop.rule == StopRule::bound) {
      std::int64_t safe = 0;
      for (const auto& h : finished)
        safe += h.score >= length_normalised(config.length_penalty, live.front().rank, limit - taken);
      if (safe >= options.nbest) break;
    }
  }
  std::stable_sort(finished.begin(), finished.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  finished.resize(std::min<std::size_t>(finished.size(), options.nbest));
  return finished;
}

void require_equal(const std::vector<Hypothesis>& got, const std::vector<Hypothesis>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    REQUIRE(got[i].token_ids == expected[i].token_ids);
    REQUIRE(got[i].log_prob == Approx(expected[i].log_prob).epsilon(1e-5));
    REQUIRE(got[i].score == Approx(expected[i].score).epsilon(1e-5));
  }
}

void require_near(const std::vector<std::vector<float>>& got, const std::vector<std::vector<float>>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t t = 0; t < got.size(); ++t) {
    REQUIRE(got[t].size() == expected[t].size());
    for (std::size_t s = 0; s < got[t].size(); ++s) REQUIRE(got[t][s] == Approx(expected[t][s]).margin(1e-6));
  }
}

// Every sequence up to the limit with its log-probability, by recursion.
void enumerate(const Toy& toy, Ids& ids, double log_prob, std::int64_t limit, std::map<Ids, double>& all) {
  if (static_cast<std::int64_t>(ids.size()) == limit || (!ids.empty() && ids.back() == kEos)) {
    all[ids] = log_prob;
    return;
  }
  Ids prefix{kBos};
  prefix.insert(prefix.end(), ids.begin(), ids.end());
  const auto log_probs = toy.log_probs(4, prefix);
  for (const std::int32_t v : {1, 3, 4, 5}) {
    ids.push_back(v);
    enumerate(toy, ids, log_prob + log_probs[v], limit, all);
    ids.pop_back();
  }
}

}  // namespace

TEST_CASE("beam search: equals a plain search of one sentence at a time, for every penalty and stopping rule") {
  const std::vector<std::int64_t> names{11, 12, 13, 14, 15, 16}, lengths{1, 2, 5, 3, 4, 2};
  for (const auto penalty : values_of<LengthPenaltyType>())
    for (const auto rule : values_of<StopRule>())
      for (const double alpha : {0.0, 0.6, 1.0, 2.0})
        for (const double patience : {0.3, 1.0, 2.5})
          for (const std::int64_t beam : {1, 2, 3, 5})
            for (const std::int64_t candidates : {1, 2, 3}) {
              SearchOptions options = options_of(beam, 9, (beam + 1) / 2);
              options.decoding.candidates = candidates;
              options.decoding.max_length_ratio = 1.5;
              options.decoding.max_length_offset = 3;
              options.decoding.length_penalty = test::penalty_of(penalty, alpha);
              options.decoding.stop = {rule, patience};
              const Toy toy{7, 3.0, 1.0};
              ToyScorer scorer(toy);
              const auto got = beam_search(scorer, batch_of(names, lengths), options);
              for (std::size_t s = 0; s < names.size(); ++s)
                require_equal(got[s], plain_search(toy, names[s], lengths[s], options));
            }
}

TEST_CASE("beam search: with rules, coverage and forced beginnings it equals the plain search with the same") {
  const std::vector<std::int64_t> names{21, 22, 23}, lengths{2, 5, 3};
  const std::vector<Ids> prefixes{{4, 5}, {6, 4}, {5, 5}};
  for (const auto rule : values_of<StopRule>())
    for (const bool forced : {false, true})
      for (const double coverage : {0.0, 0.3})
        for (const double repetition : {1.0, 1.5, 0.5})
          for (const std::int64_t ngram : {0, 1, 2, 3})
            for (const std::int64_t min_length : {0, 4}) {
              SearchOptions options = options_of(3, 8, 2);
              options.decoding.stop.rule = rule;
              options.decoding.coverage_penalty = coverage;
              options.decoding.repetition_penalty = repetition;
              options.decoding.no_repeat_ngram = ngram;
              options.decoding.min_length = min_length;
              options.attention = true;
              const Toy toy{12, 3.0, 1.0};
              ToyScorer scorer(toy);
              SourceBatch batch = batch_of(names, lengths);
              if (forced) batch.prefixes = prefixes;
              const auto got = beam_search(scorer, batch, options);
              for (std::size_t s = 0; s < names.size(); ++s) {
                const auto expected = plain_search(toy, names[s], lengths[s], options, forced ? prefixes[s] : Ids{});
                require_equal(got[s], expected);
                for (std::size_t i = 0; i < expected.size(); ++i)
                  require_near(got[s][i].attention, expected[i].attention);
              }
            }
}

TEST_CASE("beam search: forcing the beginning of what greedy search finds gives it again") {
  const Toy toy{30, 5.0, -1.0};
  for (std::int64_t name = 0; name < 10; ++name) {
    ToyScorer free(toy);
    const auto found = beam_search(free, batch_of({name}, {6}), options_of(1, 12)).front().front();
    for (std::int64_t length = 1; length < found.tokens(); ++length) {
      ToyScorer scorer(toy);
      SourceBatch batch = batch_of({name}, {6});
      batch.prefixes = {Ids(found.token_ids.begin(), found.token_ids.begin() + length)};
      const auto again = beam_search(scorer, batch, options_of(1, 12)).front().front();
      REQUIRE(again.token_ids == found.token_ids);
      REQUIRE(again.log_prob == Approx(found.log_prob).epsilon(1e-5));
      REQUIRE(again.token_log_probs.size() == found.token_log_probs.size());
    }
  }
}

TEST_CASE("beam search: a forced beginning beyond the limit is followed by one token; banned tokens never come") {
  const Toy toy{9, 2.0, 0.0};
  ToyScorer scorer(toy);
  SourceBatch batch = batch_of({1}, {3});
  batch.prefixes = {{4, 5, 6, 7, 8, 4, 5}};
  SearchOptions options = options_of(2, 4, 2);
  options.banned = {1, kEos};
  const auto found = beam_search(scorer, batch, options);
  REQUIRE(!found.front().empty());
  for (const auto& hypothesis : found.front()) {
    REQUIRE(hypothesis.tokens() == 8);
    REQUIRE(std::equal(batch.prefixes[0].begin(), batch.prefixes[0].end(), hypothesis.token_ids.begin()));
    REQUIRE((hypothesis.token_ids.back() != kEos && hypothesis.token_ids.back() != 1));
  }
}

TEST_CASE("beam search: a beam as wide as the tree finds what enumeration finds") {
  const Toy toy{6, 4.0, 0.5};
  Ids none;
  std::map<Ids, double> all;
  enumerate(toy, none, 0.0, 4, all);
  for (const auto penalty : values_of<LengthPenaltyType>()) {
    SearchOptions options = options_of(256, 4, 20);
    options.decoding.length_penalty.choose(penalty);
    options.decoding.stop.patience = 100;
    ToyScorer scorer(toy);
    const auto got = beam_search(scorer, batch_of({4}, {9}), options).front();
    std::vector<std::pair<double, Ids>> ranked;
    for (const auto& [ids, log_prob] : all)
      ranked.push_back(
          {length_normalised(options.decoding.length_penalty, log_prob, static_cast<std::int64_t>(ids.size())), ids});
    std::sort(ranked.rbegin(), ranked.rend());
    REQUIRE(got.size() == 20);
    for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i].token_ids == ranked[i].second);
  }
}

TEST_CASE("beam search: beam 1 takes the likeliest token at each step") {
  const Toy toy{50, 5.0, 1.0};
  for (std::int64_t name = 0; name < 20; ++name) {
    ToyScorer scorer(toy);
    const auto got = beam_search(scorer, batch_of({name}, {20}), options_of(1, 30)).front().front();
    Ids prefix{kBos};
    while (prefix.back() != kEos && prefix.size() <= 30) {
      auto row = toy.logits(name, prefix);
      row[0] = row[kBos] = -100;
      prefix.push_back(static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    }
    REQUIRE(got.token_ids == Ids(prefix.begin() + 1, prefix.end()));
  }
}

TEST_CASE("beam search: what a sentence becomes does not depend on its batch") {
  const Toy toy{40, 4.0, 1.5};
  std::vector<std::int64_t> names, lengths;
  for (std::int64_t i = 0; i < 12; ++i) names.push_back(i * 7 + 1), lengths.push_back(1 + (i * 5) % 8);
  const SearchOptions options = options_of(4, 200, 4);
  ToyScorer together(toy);
  const auto batched = beam_search(together, batch_of(names, lengths), options);
  for (std::size_t s = 0; s < names.size(); ++s) {
    ToyScorer alone(toy);
    require_equal(beam_search(alone, batch_of({names[s]}, {lengths[s]}), options).front(), batched[s]);
  }
}

TEST_CASE("beam search: n-best lists are sorted and distinct, and a longer one begins with a shorter one") {
  const Toy toy{30, 3.0, 2.0};
  for (const auto rule : values_of<StopRule>()) {
    SearchOptions options = options_of(6, 20, 6);
    options.decoding.stop.rule = rule;
    ToyScorer scorer(toy);
    const auto many = beam_search(scorer, batch_of({3}, {5}), options).front();
    REQUIRE(many.size() == 6);
    for (std::size_t i = 1; i < many.size(); ++i) {
      REQUIRE(many[i - 1].score >= many[i].score);
      for (std::size_t j = 0; j < i; ++j) REQUIRE(many[i].token_ids != many[j].token_ids);
    }
    options.nbest = 1;
    ToyScorer again(toy);
    const auto one = beam_search(again, batch_of({3}, {5}), options).front();
    REQUIRE(one.size() == 1);
    REQUIRE(one.front().token_ids == many.front().token_ids);
  }
}

TEST_CASE("beam search: token scores add up, and pad and start are never generated") {
  const Toy toy{9, 2.0, 0.0};
  ToyScorer scorer(toy);
  for (const auto& hypotheses : beam_search(scorer, batch_of({1, 2, 3}, {3, 3, 3}), options_of(5, 40, 5)))
    for (const auto& hypothesis : hypotheses) {
      double sum = 0;
      for (const float x : hypothesis.token_log_probs) sum += x;
      REQUIRE(hypothesis.token_log_probs.size() == hypothesis.token_ids.size());
      REQUIRE(sum == Approx(hypothesis.log_prob).epsilon(1e-6));
      for (const auto id : hypothesis.token_ids) REQUIRE((id != 0 && id != kBos));
    }
}

TEST_CASE("beam search: the limit counts a sentence's own source tokens, and what it cuts is finished as it stands") {
  const Toy toy{8, 1.0, -50.0};  // never ends by itself
  SearchOptions options = options_of(3, 100, 3);
  options.decoding.max_length_ratio = 1.5;
  options.decoding.max_length_offset = 2;
  ToyScorer scorer(toy);
  const auto got = beam_search(scorer, batch_of({1, 2}, {3, 20}), options);
  REQUIRE(scorer.steps() == 32);
  for (const auto& hypothesis : got[0]) REQUIRE(hypothesis.tokens() == 6);
  for (const auto& hypothesis : got[1]) REQUIRE(hypothesis.tokens() == 32);
  REQUIRE(got[0].size() == 3);
  REQUIRE(got[0].front().score == Approx(got[0].front().log_prob / 6));
  options.decoding.max_length_ratio = 0;
  options.decoding.max_length_offset = 0;
  REQUIRE(output_limit(options.decoding, 5) == 1);
  options.decoding.max_length_ratio = 1000;
  REQUIRE(output_limit(options.decoding, 5'000'000) == 100);
}

TEST_CASE("beam search: ties go to the earlier hypothesis, then to the lower token") {
  ToyScorer scorer(Toy{200, 0.0, 0.0});
  const auto got = beam_search(scorer, batch_of({1}, {1}), options_of(3, 2, 3)).front();
  REQUIRE(got[0].token_ids == Ids{kEos});  // in the first step 1, end, 4; then 1 1, 1 end, 1 4
  REQUIRE(got[1].token_ids == Ids{1, 1});
  REQUIRE(got[2].token_ids == Ids{1, 3});
}

TEST_CASE("beam search: rule bound never gives a worse best hypothesis than rule finished") {
  for (std::int64_t name = 0; name < 30; ++name)
    for (const auto penalty : values_of<LengthPenaltyType>()) {
      const Toy toy{12, 3.0, 1.0};
      SearchOptions options = options_of(3, 12);
      options.decoding.length_penalty.choose(penalty);
      ToyScorer first(toy), second(toy);
      const auto finished = beam_search(first, batch_of({name}, {6}), options).front().front();
      options.decoding.stop.rule = StopRule::bound;
      const auto bound = beam_search(second, batch_of({name}, {6}), options).front().front();
      REQUIRE(bound.score >= finished.score);
    }
}

TEST_CASE("beam search: where rules let ranks rise, rule bound is rule finished") {
  const auto none = [](SearchOptions&) {};
  const auto bias = [](SearchOptions& options) { options.biases = {{4, 4.0f}, {5, -1.0f}}; };
  const auto presence = [](SearchOptions& options) { options.decoding.presence_penalty = -3; };
  const auto frequency = [](SearchOptions& options) { options.decoding.frequency_penalty = -2; };
  const auto best_of = [](std::int64_t name, StopRule rule, const auto& change) {
    SearchOptions options = options_of(3, 12);
    options.decoding.length_penalty.choose(LengthPenaltyType::none);
    options.decoding.stop.rule = rule;
    change(options);
    ToyScorer scorer(Toy{12, 3.0, 1.0});
    return beam_search(scorer, batch_of({name}, {6}), options).front().front();
  };
  const auto law = [&](const auto& change) {
    for (std::int64_t name = 0; name < 30; ++name) {
      const auto finished = best_of(name, StopRule::finished, change), bound = best_of(name, StopRule::bound, change);
      REQUIRE(bound.score >= finished.score);
    }
  };
  law(none);
  law(bias);
  law(presence);
  law(frequency);
}

TEST_CASE("beam search: an empty batch gives nothing") {
  ToyScorer scorer(Toy{});
  REQUIRE(beam_search(scorer, {at::zeros({0, 1}, at::kLong), {}}, options_of(2, 5)).empty());
}
