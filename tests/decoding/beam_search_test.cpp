// Laws of beam search on toy scorers: the batched search equals one written plainly for a single sentence, and that
// one equals looking at every sequence where the beam is wide enough.
#include "attend/decoding/beam_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr std::int64_t kBos = 2, kEos = 3;
using Ids = std::vector<std::int32_t>;

// A made-up number in [0, 1), the same for the same text: the logits below are a function of sentence and prefix.
double made_up(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

struct Toy {
  std::int64_t vocabulary = 7;
  double spread = 3.0;   // 0: every token is as likely as any other
  double end_bonus = 0;  // added to the end symbol's logit

  std::vector<float> logits(std::int64_t sentence, const Ids& prefix) const {
    std::uint64_t key = 1000003ULL * static_cast<std::uint64_t>(sentence + 1);
    for (const std::int32_t id : prefix) key = key * 6364136223846793005ULL + static_cast<std::uint64_t>(id) + 1442695040888963407ULL;
    std::vector<float> row;
    for (std::int64_t v = 0; v < vocabulary; ++v)
      row.push_back(static_cast<float>(spread * made_up(key ^ (static_cast<std::uint64_t>(v) << 40)) + (v == kEos ? end_bonus : 0)));
    return row;
  }
  std::vector<double> log_probs(std::int64_t sentence, const Ids& prefix) const {
    const auto row = logits(sentence, prefix);
    double sum = 0;
    for (const float x : row) sum += std::exp(static_cast<double>(x));
    std::vector<double> result;
    for (const float x : row) result.push_back(static_cast<double>(x) - std::log(sum));
    return result;
  }
};

// Keeps every prefix, so that a wrong reorder or keep gives wrong logits. A sentence's name is its first source id.
class ToyScorer : public Scorer {
 public:
  explicit ToyScorer(Toy toy) : toy_(toy) {}
  std::int64_t vocabulary_size() const override { return toy_.vocabulary; }
  void begin(const SourceBatch& batch, std::int64_t max_beams, std::int64_t max_tokens) override {
    max_beams_ = max_beams;
    max_tokens_ = max_tokens;
    prefixes_.clear();
    for (std::int64_t b = 0; b < batch.ids.size(0); ++b) prefixes_.push_back({{batch.ids[b][0].item<std::int64_t>(), {}}});
  }
  StepOutput step(const at::Tensor& tokens) override {
    REQUIRE(kept_.empty());
    REQUIRE(tokens.size(0) == static_cast<std::int64_t>(prefixes_.size()));
    REQUIRE(tokens.size(1) == static_cast<std::int64_t>(prefixes_.front().size()));
    REQUIRE(tokens.size(1) <= max_beams_);
    REQUIRE(steps_++ < max_tokens_);
    at::Tensor logits = at::empty({tokens.size(0), tokens.size(1), toy_.vocabulary});
    for (std::int64_t b = 0; b < tokens.size(0); ++b)
      for (std::int64_t k = 0; k < tokens.size(1); ++k) {
        auto& [sentence, prefix] = prefixes_[b][k];
        prefix.push_back(static_cast<std::int32_t>(tokens[b][k].item<std::int64_t>()));
        logits[b][k].copy_(at::tensor(toy_.logits(sentence, prefix)));
      }
    return {logits, {}};
  }
  void keep(const at::Tensor& rows) override {
    kept_.clear();
    for (std::int64_t i = 0; i < rows.numel(); ++i) kept_.push_back(rows[i].item<std::int64_t>());
    REQUIRE(std::is_sorted(kept_.begin(), kept_.end()));
  }
  void reorder(const at::Tensor& rows) override {
    const auto width = static_cast<std::int64_t>(prefixes_.front().size());
    const auto old = prefixes_;
    prefixes_.assign(rows.size(0), {});
    for (std::int64_t b = 0; b < rows.size(0); ++b)
      for (std::int64_t k = 0; k < rows.size(1); ++k) {
        const auto row = rows[b][k].item<std::int64_t>();
        REQUIRE(row / width == (kept_.empty() ? b : kept_[b]));
        prefixes_[b].push_back(old[row / width][row % width]);
      }
    kept_.clear();
  }
  std::int64_t steps() const { return steps_; }

 private:
  Toy toy_;
  std::int64_t max_beams_ = 0, max_tokens_ = 0, steps_ = 0;
  std::vector<std::int64_t> kept_;
  std::vector<std::vector<std::pair<std::int64_t, Ids>>> prefixes_;
};

// The definition, for one sentence, with nothing clever in it.
std::vector<Hypothesis> plain_search(const Toy& toy, std::int64_t sentence, std::int64_t source_tokens, const SearchOptions& options) {
  struct Path {
    Ids ids;
    double log_prob;
    bool operator<(const Path& other) const { return log_prob > other.log_prob; }
  };
  const auto& config = options.decoding;
  const std::int64_t beam = config.beam_size, limit = output_limit(config, source_tokens);
  std::vector<Path> live{{{}, 0.0}};
  std::vector<Hypothesis> finished;
  const auto score = [&](double p, std::int64_t n) { return length_normalised(config.length_penalty, p, n); };
  for (std::int64_t t = 1; t <= limit && !live.empty(); ++t) {
    std::vector<Path> all, next;
    for (const Path& path : live) {
      Ids prefix{kBos};
      prefix.insert(prefix.end(), path.ids.begin(), path.ids.end());
      const auto log_probs = toy.log_probs(sentence, prefix);
      for (std::int64_t v = 0; v < toy.vocabulary; ++v) {
        if (v == 0 || v == kBos) continue;
        Path longer = path;
        longer.ids.push_back(static_cast<std::int32_t>(v));
        longer.log_prob += log_probs[v];
        all.push_back(longer);
      }
    }
    std::stable_sort(all.begin(), all.end());
    all.resize(std::min<std::size_t>(all.size(), config.candidates * beam));
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      const bool ends = t == limit || all[rank].ids.back() == kEos;
      if (!ends && static_cast<std::int64_t>(next.size()) < beam) next.push_back(all[rank]);
      if (ends && static_cast<std::int64_t>(rank) < beam)
        finished.push_back({all[rank].ids, {}, all[rank].log_prob, score(all[rank].log_prob, t)});
    }
    live = next;
    if (live.empty()) break;
    if (config.stop.rule == StopRule::finished && finished.size() >= std::ceil(beam * config.stop.patience - 1e-9)) break;
    if (config.stop.rule == StopRule::bound) {
      std::int64_t safe = 0;
      for (const auto& h : finished) safe += h.score >= score(live.front().log_prob, limit);
      if (safe >= options.nbest) break;
    }
  }
  std::stable_sort(finished.begin(), finished.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  finished.resize(std::min<std::size_t>(finished.size(), options.nbest));
  return finished;
}

SourceBatch batch_of(const std::vector<std::int64_t>& names, const std::vector<std::int64_t>& lengths) {
  const std::int64_t width = *std::max_element(lengths.begin(), lengths.end());
  at::Tensor ids = at::zeros({static_cast<std::int64_t>(names.size()), width}, at::kLong);
  for (std::size_t b = 0; b < names.size(); ++b) ids[static_cast<std::int64_t>(b)].fill_(names[b]);
  return {ids, lengths};
}

SearchOptions options_of(std::int64_t beam, std::int64_t limit, std::int64_t nbest = 1) {
  SearchOptions options;
  options.decoding.beam_size = beam;
  options.decoding.max_length = limit;
  options.nbest = nbest;
  return options;
}

void require_equal(const std::vector<Hypothesis>& got, const std::vector<Hypothesis>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    REQUIRE(got[i].token_ids == expected[i].token_ids);
    REQUIRE(got[i].log_prob == Approx(expected[i].log_prob).epsilon(1e-5));
    REQUIRE(got[i].score == Approx(expected[i].score).epsilon(1e-5));
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
              options.decoding.length_penalty = {penalty, alpha};
              options.decoding.stop = {rule, patience};
              const Toy toy{7, 3.0, 1.0};
              ToyScorer scorer(toy);
              const auto got = beam_search(scorer, batch_of(names, lengths), options);
              for (std::size_t s = 0; s < names.size(); ++s)
                require_equal(got[s], plain_search(toy, names[s], lengths[s], options));
            }
}

TEST_CASE("beam search: a beam as wide as the tree finds what enumeration finds") {
  const Toy toy{6, 4.0, 0.5};
  Ids none;
  std::map<Ids, double> all;
  enumerate(toy, none, 0.0, 4, all);
  for (const auto penalty : values_of<LengthPenaltyType>()) {
    SearchOptions options = options_of(256, 4, 20);
    options.decoding.length_penalty.type = penalty;
    options.decoding.stop.patience = 100;
    ToyScorer scorer(toy);
    const auto got = beam_search(scorer, batch_of({4}, {9}), options).front();
    std::vector<std::pair<double, Ids>> ranked;
    for (const auto& [ids, log_prob] : all)
      ranked.push_back({length_normalised(options.decoding.length_penalty, log_prob, static_cast<std::int64_t>(ids.size())), ids});
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
      options.decoding.length_penalty.type = penalty;
      ToyScorer first(toy), second(toy);
      const auto finished = beam_search(first, batch_of({name}, {6}), options).front().front();
      options.decoding.stop.rule = StopRule::bound;
      const auto bound = beam_search(second, batch_of({name}, {6}), options).front().front();
      REQUIRE(bound.score >= finished.score);
    }
}

TEST_CASE("beam search: an empty batch gives nothing") {
  ToyScorer scorer(Toy{});
  REQUIRE(beam_search(scorer, {at::zeros({0, 1}, at::kLong), {}}, options_of(2, 5)).empty());
}
