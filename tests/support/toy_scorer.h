// A scorer whose logits are a made-up function of sentence and prefix, so that a search can be compared with one that
// is written plainly.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "attend/decoding/scorer.h"
#include "attend/decoding/search_options.h"
#include "tests/support/test.h"

namespace attend::test {

inline constexpr std::int64_t kBos = 2, kEos = 3;
using Ids = std::vector<std::int32_t>;

// A number in [0, 1), the same for the same x.
inline double made_up(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

struct Toy {
  std::int64_t vocabulary = 7;
  double spread = 3.0;   // 0: every token is as likely as any other
  double end_bonus = 0;  // added to the end symbol's logit
  std::uint64_t salt = 0;

  // prefix: with the start symbol
  static std::uint64_t key_of(std::int64_t sentence, const Ids& prefix) {
    std::uint64_t key = 1000003ULL * static_cast<std::uint64_t>(sentence + 1);
    for (const std::int32_t id : prefix)
      key = key * 6364136223846793005ULL + static_cast<std::uint64_t>(id) + 1442695040888963407ULL;
    return key;
  }
  std::vector<float> logits(std::int64_t sentence, const Ids& prefix) const {
    const std::uint64_t key = key_of(sentence, prefix) + salt;
    std::vector<float> row;
    for (std::int64_t v = 0; v < vocabulary; ++v)
      row.push_back(static_cast<float>(spread * made_up(key ^ (static_cast<std::uint64_t>(v) << 40)) +
                                       (v == kEos ? end_bonus : 0)));
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
  // What the prediction behind a prefix looks at; adds up to 1.
  std::vector<float> weights(std::int64_t sentence, const Ids& prefix, std::int64_t sources) const {
    std::vector<float> row;
    double sum = 0;
    for (std::int64_t s = 0; s < sources; ++s)
      sum += row.emplace_back(static_cast<float>(made_up(key_of(sentence, prefix) * 31 + s)));
    for (float& x : row) x = static_cast<float>(x / sum);
    return row;
  }
};

// Keeps every prefix, so that a wrong reorder or keep gives wrong logits. A sentence's name is its first source id.
class ToyScorer : public Scorer {
 public:
  explicit ToyScorer(Toy toy) : toy_(toy) {}
  std::int64_t vocabulary_size() const override { return toy_.vocabulary; }
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override {
    bounds_ = bounds;
    steps_ = 0;
    sources_ = batch.ids.size(1);
    lengths_ = batch.lengths;
    prefixes_.clear();
    for (std::int64_t b = 0; b < batch.ids.size(0); ++b)
      prefixes_.push_back({{batch.ids[b][0].item<std::int64_t>(), {}}});
  }
  StepOutput step(const at::Tensor& tokens) override {
    REQUIRE(kept_.empty());
    REQUIRE(tokens.size(0) == static_cast<std::int64_t>(prefixes_.size()));
    REQUIRE(tokens.size(1) == static_cast<std::int64_t>(prefixes_.front().size()));
    REQUIRE(tokens.size(1) <= bounds_.beams);
    REQUIRE(steps_++ < bounds_.tokens);
    at::Tensor logits = at::empty({tokens.size(0), tokens.size(1), toy_.vocabulary});
    at::Tensor weights = at::zeros({tokens.size(0), tokens.size(1), sources_});
    for (std::int64_t b = 0; b < tokens.size(0); ++b)
      for (std::int64_t k = 0; k < tokens.size(1); ++k) {
        auto& [sentence, prefix] = prefixes_[b][k];
        prefix.push_back(static_cast<std::int32_t>(tokens[b][k].item<std::int64_t>()));
        logits[b][k].copy_(at::tensor(toy_.logits(sentence, prefix)));
        weights[b][k].narrow(0, 0, lengths_[b]).copy_(at::tensor(toy_.weights(sentence, prefix, lengths_[b])));
      }
    return {logits, bounds_.want_weights ? weights : at::Tensor()};
  }
  void keep(const at::Tensor& rows) override {
    kept_.clear();
    std::vector<std::int64_t> lengths;
    for (std::int64_t i = 0; i < rows.numel(); ++i) {
      kept_.push_back(rows[i].item<std::int64_t>());
      lengths.push_back(lengths_[kept_.back()]);
    }
    lengths_ = lengths;
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
  SearchBounds bounds_;
  std::int64_t steps_ = 0, sources_ = 0;
  std::vector<std::int64_t> kept_, lengths_;
  std::vector<std::vector<std::pair<std::int64_t, Ids>>> prefixes_;
};

inline SourceBatch batch_of(const std::vector<std::int64_t>& names, const std::vector<std::int64_t>& lengths) {
  const std::int64_t width = *std::max_element(lengths.begin(), lengths.end());
  SourceBatch batch{at::zeros({static_cast<std::int64_t>(names.size()), width}, at::kLong), lengths, {}, names};
  for (std::size_t b = 0; b < names.size(); ++b) batch.ids[static_cast<std::int64_t>(b)].fill_(names[b]);
  return batch;
}

inline SearchOptions options_of(std::int64_t beam, std::int64_t limit, std::int64_t nbest = 1) {
  SearchOptions options;
  options.decoding.beam_size = beam;
  options.decoding.max_length = limit;
  options.nbest = nbest;
  return options;
}

// Three sentences' hypotheses multiply, move, and leave: a walk that any scorer's state must follow. step(salt) adds a
// token to each, reorder(rows, width) and keep(sentences) are the scorer's; `steps` in all.
template <class Step, class Reorder, class Keep>
void walk_of_hypotheses(Step&& step, Reorder&& reorder, Keep&& keep, std::int64_t steps) {
  step(0);
  reorder({0, 0, 1, 1, 2, 2}, 2);
  step(1);
  reorder({1, 0, 2, 2, 5, 4}, 2);
  step(2);
  keep({0, 2});
  reorder({0, 1, 5, 5}, 2);
  for (std::int64_t salt = 3; salt < steps; ++salt) step(salt);
}

}  // namespace attend::test
