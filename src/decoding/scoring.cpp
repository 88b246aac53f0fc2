// B pairs, S source tokens, T target tokens.
#include "attend/decoding/scoring.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace attend {
namespace {

using Rows = std::span<const std::size_t>;  // numbers of pairs

// One row each, padded at the right.
template <class Ids>
at::Tensor padded(Rows rows, std::int64_t width, std::int32_t pad, const Ids& ids_of) {
  at::Tensor batch = at::full({static_cast<std::int64_t>(rows.size()), width}, pad, at::kLong);
  auto* row = batch.mutable_data_ptr<std::int64_t>();
  for (const std::size_t i : rows) {
    std::copy(ids_of(i).begin(), ids_of(i).end(), row);
    row += width;
  }
  return batch;
}

void score_batch(Scorer& scorer, std::span<const ScoredPair> pairs, Rows rows, const ScoringOptions& options,
                 std::vector<std::vector<float>>& results) {
  SourceBatch batch;
  std::int64_t width = 0;
  for (const std::size_t i : rows) {
    batch.lengths.push_back(static_cast<std::int64_t>(pairs[i].source.size()));
    width = std::max(width, static_cast<std::int64_t>(pairs[i].target.size()));
  }
  const std::int32_t pad = options.special.pad;
  batch.ids = padded(rows, *std::max_element(batch.lengths.begin(), batch.lengths.end()), pad,
                     [&](std::size_t i) -> auto& { return pairs[i].source; });
  const at::Tensor following = padded(rows, width, pad, [&](std::size_t i) -> auto& { return pairs[i].target; });
  const at::Tensor starts = at::full({following.size(0), 1}, options.special.bos, at::kLong);

  scorer.begin(batch, {1, width, false});
  const auto forced = scorer.force(at::cat({starts, following.narrow(1, 0, width - 1)}, 1), following);
  const at::Tensor log_probs = forced.log_probs.cpu().contiguous();  // sync; (B, T)
  const float* row = log_probs.const_data_ptr<float>();
  for (const std::size_t i : rows) {
    results[i].assign(row, row + pairs[i].target.size());
    row += width;
  }
}

}  // namespace

std::vector<std::vector<float>> score_pairs(Scorer& scorer, std::span<const ScoredPair> pairs,
                                            const ScoringOptions& options) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (!pairs[i].target.empty()) order.push_back(i);
  const auto longest = [&](std::size_t i) { return std::max(pairs[i].source.size(), pairs[i].target.size()); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(longest(a), pairs[a].target.size()) > std::tuple(longest(b), pairs[b].target.size());
  });

  std::vector<std::vector<float>> results(pairs.size());
  for (std::size_t begin = 0; begin < order.size();) {
    const std::size_t rows =
        std::max<std::size_t>(1, static_cast<std::size_t>(options.batch_tokens) / longest(order[begin]));
    const Rows batch = Rows(order).subspan(begin, std::min(rows, order.size() - begin));
    score_batch(scorer, pairs, batch, options, results);
    begin += batch.size();
  }
  return results;
}

}  // namespace attend
