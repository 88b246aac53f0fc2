#include "search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "attend/core/error.h"
#include "attend/core/interrupt.h"

namespace attend {
namespace {

std::vector<std::vector<std::int32_t>> rows_of(const SourceBatch& batch) {
  std::vector<std::vector<std::int32_t>> rows;
  for (std::size_t b = 0; b < batch.lengths.size(); ++b) {
    const auto* ids = batch.ids.const_data_ptr<std::int64_t>() + static_cast<std::int64_t>(b) * batch.ids.size(1);
    rows.emplace_back(ids, ids + batch.lengths[b]);
  }
  return rows;
}

}  // namespace

Search::Search(Scorer& scorer, const SearchOptions& options, std::int64_t beams)
    : scorer_(scorer), options_(options), rules_(options), beams_(beams),
      want_attention_(options.attention || options.decoding.coverage_penalty > 0) {}

std::vector<std::vector<Hypothesis>> Search::run(const SourceBatch& batch) {
  begin(batch);
  while (!sentences_.empty()) {
    throw_if_interrupted();
    step();
  }
  return std::move(results_);
}

void Search::begin(const SourceBatch& batch) {
  results_.resize(batch.lengths.size());
  if (batch.lengths.empty()) return;
  forced_ = batch.prefixes.empty() ? 0 : static_cast<std::int64_t>(batch.prefixes.front().size());
  std::int64_t longest = 0;
  for (std::size_t b = 0; b < batch.lengths.size(); ++b) {
    sentences_.push_back(first_of(batch, b));
    longest = std::max(longest, sentences_.back().limit);
  }
  if (scorer_.continues_source()) prompts_ = rows_of(batch);
  scorer_.begin(batch, {beams_, longest, want_attention_});
  if (forced_ > 0) prefill(batch);
}

// One empty hypothesis. What it must hold comes on top of the usual limit.
Search::Sentence Search::first_of(const SourceBatch& batch, std::size_t b) const {
  const Constraints* constraints = batch.constraints.empty() ? nullptr : batch.constraints[b];
  const std::int64_t needed = constraints ? constraints->tokens() : 0,
                     usual = output_limit(options_.decoding, batch.lengths[b]);
  const std::int64_t limit =
      std::max(std::min(usual + needed, longest_output(options_.decoding)), forced_ + needed + 1);
  return {b, limit, batch.lengths[b], constraints, batch.tags.empty() ? 0 : batch.tags[b], {Live{}}, {}};
}

// The forced tokens of all sentences in one pass; the last of them is what the first step appends.
void Search::prefill(const SourceBatch& batch) {
  const auto rows = static_cast<std::int64_t>(batch.prefixes.size());
  at::Tensor following = at::empty({rows, forced_}, at::kLong);
  for (std::int64_t b = 0; b < rows; ++b)
    std::copy(batch.prefixes[b].begin(), batch.prefixes[b].end(),
              following.mutable_data_ptr<std::int64_t>() + b * forced_);
  const at::Tensor starts = at::full({rows, 1}, options_.special.bos, at::kLong);
  const ForcedOutput forced = scorer_.force(at::cat({starts, following.narrow(1, 0, forced_ - 1)}, 1), following);

  const at::Tensor log_probs = forced.log_probs.cpu().contiguous();  // sync
  const float* log_prob = log_probs.const_data_ptr<float>();
  for (std::int64_t b = 0; b < rows; ++b) {
    auto& node = sentences_[b].beam.front().node;
    for (const std::int32_t token : batch.prefixes[b])
      node = tree_.add({node, token, static_cast<std::int32_t>(b), *log_prob++});
  }
  for (std::int64_t t = 0; want_attention_ && t < forced_; ++t) record(forced.cross_weights.select(1, t));
  tokens_ = forced_;
}

void Search::step() {
  const StepOutput output = scorer_.step(last_tokens());
  if (want_attention_) record(output.cross_weights.flatten(0, 1));
  look(output.logits.flatten(0, 1));
  const std::int64_t width = width_;
  ++tokens_;
  width_ = beams_;
  std::vector<std::int64_t> kept;
  for (std::size_t s = 0; s < sentences_.size(); ++s) {
    Sentence& sentence = sentences_[s];
    advance(sentence, static_cast<std::int64_t>(s) * width);
    // No beam: at the limit, or every continuation has ended.
    if (sentence.beam.empty() || is_done(sentence)) deliver(sentence);
    else kept.push_back(static_cast<std::int64_t>(s));
  }
  go_on(kept, width);
}

// (B, K): what each hypothesis ends with.
at::Tensor Search::last_tokens() const {
  std::vector<std::int64_t> tokens;
  for (const Sentence& sentence : sentences_) {
    const std::int32_t first = prompts_.empty() ? options_.special.bos : prompts_[sentence.index].back();
    for (const Live& live : sentence.beam)
      tokens.push_back(live.node == TokenTree::kStart ? first : tree_[live.node].token);
  }
  return at::tensor(tokens, at::kLong).view({-1, width_});
}

std::vector<SoFar> Search::rows_so_far() const {
  std::vector<SoFar> rows;
  for (const Sentence& sentence : sentences_)
    for (const Live& live : sentence.beam) {
      SoFar& row = rows.emplace_back();
      if (rules_.empty()) continue;
      if (!prompts_.empty()) row.tokens = prompts_[sentence.index];
      row.given = row.tokens.size() + static_cast<std::size_t>(forced_);
      const auto own = tree_.tokens(live.node);
      row.tokens.insert(row.tokens.end(), own.begin(), own.end());
    }
  return rows;
}

// The end symbol, the limit, or the listener's word; none: the hypothesis goes on.
std::optional<Finish> Search::end_of(const Sentence& sentence, const TokenTree::Node& last, std::int64_t sample) const {
  std::optional<Finish> end;
  if (tokens_ >= sentence.limit) end = Finish::length;
  if (last.token == options_.special.eos) end = Finish::end;
  if (!options_.listener) return end;
  auto tokens = tree_.tokens(last.parent);
  tokens.push_back(last.token);
  if (options_.listener->ends({sentence.index, sample, tokens, end.has_value()})) end = Finish::stop;
  return end;
}

// One step of one sentence: what ends among the first K is finished, the best K that do not end are the new beam.
void Search::advance(Sentence& sentence, std::int64_t first_row) {
  const auto candidates = continuations(sentence, first_row);
  std::vector<Live> next;
  for (std::size_t rank = 0; rank < candidates.size(); ++rank) {
    const Continuation& chosen = candidates[rank];
    const auto row = static_cast<std::int32_t>(first_row + chosen.origin);
    const TokenTree::Node node{sentence.beam[chosen.origin].node, chosen.token, row, chosen.log_prob};
    if (const auto end = end_of(sentence, node, chosen.sample)) {
      if (static_cast<std::int64_t>(rank) >= beams_) continue;
      sentence.finished.push_back(finish(sentence, node, chosen));
      sentence.finished.back().finish = *end;
    } else if (static_cast<std::int64_t>(next.size()) < beams_) {
      next.push_back({tree_.add(node), chosen.origin, chosen.rank, chosen.sample});
    }
  }
  sentence.beam = std::move(next);
}

// Forced tokens count in log_prob, not in the score: they were not chosen.
Hypothesis Search::finish(const Sentence& sentence, const TokenTree::Node& last, const Continuation& chosen) const {
  Hypothesis hypothesis;
  hypothesis.sample = chosen.sample;
  for (const TokenTree::Node& node : tree_.path(last)) {
    if (want_attention_) {
      const at::Tensor& step = attention_[hypothesis.token_ids.size()];
      const float* row = step.const_data_ptr<float>() + node.row * step.size(1);
      hypothesis.attention.emplace_back(row, row + sentence.sources);
    }
    hypothesis.token_ids.push_back(node.token);
    hypothesis.token_log_probs.push_back(node.log_prob);
    hypothesis.log_prob += node.log_prob;
  }
  hypothesis.score = length_normalised(options_.decoding.length_penalty, chosen.rank, hypothesis.tokens() - forced_) +
                     coverage_penalty(options_.decoding.coverage_penalty, hypothesis.attention);
  return hypothesis;
}

void Search::deliver(Sentence& sentence) {
  if (sentence.finished.empty())
    throw ModelError("[decoding] expected a token to choose, got none with a probability above 0");
  auto& best = results_[sentence.index];
  best = std::move(sentence.finished);
  std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
  best.resize(std::min<std::size_t>(best.size(), options_.nbest));
}

// Drops the done sentences and tells the scorer which hypotheses of a step ago (`width` a sentence) go on.
void Search::go_on(const std::vector<std::int64_t>& kept, std::int64_t width) {
  bool moved = width != width_;
  if (kept.size() < sentences_.size()) {
    moved = true;
    for (std::size_t i = 0; i < kept.size(); ++i) std::swap(sentences_[i], sentences_[kept[i]]);
    sentences_.resize(kept.size());
    if (kept.empty()) return;
    scorer_.keep(at::tensor(kept, at::kLong));
  }
  std::vector<std::int64_t> rows;
  for (std::size_t s = 0; s < kept.size(); ++s) {
    auto& beam = sentences_[s].beam;
    for (std::int64_t k = static_cast<std::int64_t>(beam.size()); k < width_; ++k)
      beam.push_back({beam.front().node, std::min(k, width - 1), kDead});
    for (std::int64_t k = 0; k < width_; ++k) {
      moved = moved || beam[k].origin != k;
      rows.push_back(kept[s] * width + beam[k].origin);
    }
  }
  if (moved) scorer_.reorder(at::tensor(rows, at::kLong).view({-1, width_}));
}

// (rows, S)
void Search::record(const at::Tensor& cross_weights) {
  attention_.push_back(cross_weights.to(at::kCPU, at::kFloat).contiguous());
}

}  // namespace attend
