#include "attend/data/pair_mixture.h"

#include <algorithm>

#include "attend/core/philox.h"

namespace attend {
namespace {

std::vector<CorpusShare> shares_of(const std::vector<PairMixture::Part>& parts) {
  std::vector<CorpusShare> shares;
  for (const auto& part : parts) shares.push_back({part.store.size(), part.weight});
  return shares;
}

// Of the mixture.
std::int64_t pairs_of_pool(const std::vector<PairMixture::Part>& parts, const BatchConfig& batch) {
  double source = 0, target = 0, weights = 0;
  for (const auto& part : parts) {
    const auto& summary = part.store.summary();
    const double share = part.weight / static_cast<double>(summary.pairs);
    source += share * static_cast<double>(summary.source_tokens);
    target += share * static_cast<double>(summary.target_tokens);
    weights += part.weight;
  }
  return pool_pairs(batch, source / weights, target / weights);
}

}  // namespace

PairMixture::PairMixture(std::vector<Part> parts, const BatchConfig& batch, std::uint64_t seed,
                         std::shared_ptr<const SubwordSampling> sampling)
    : parts_(std::move(parts)),
      shares_(shares_of(parts_)),
      batch_(batch),
      seed_(seed),
      pool_pairs_(pairs_of_pool(parts_, batch)),
      weighted_(std::ranges::any_of(parts_, [](const Part& part) { return part.store.weighted(); })),
      sampling_(std::move(sampling)) {}

// Pools of one size, so that no remainder makes small batches.
std::int64_t PairMixture::pools(std::int64_t epoch) const {
  const auto pairs = EpochOrder(shares_, seed_, epoch).size();
  return std::max<std::int64_t>(1, (pairs + pool_pairs_ / 2) / pool_pairs_);
}

Pool PairMixture::pool(std::int64_t epoch, std::int64_t index) const {
  const EpochOrder order(shares_, seed_, epoch);
  const auto count = pools(epoch), pairs = order.size();
  const auto begin_of = [&](std::int64_t i) { return pairs / count * i + std::min(i, pairs % count); };
  Pool pool;
  std::vector<PairLength> lengths;
  for (auto i = begin_of(index); i < begin_of(index + 1); ++i) {
    add(order[i], pool.pairs);
    const auto line = pool.pairs.size() - 1;
    lengths.push_back({static_cast<std::int32_t>(pool.pairs.source.length(line) + 1),
                       static_cast<std::int32_t>(pool.pairs.target.length(line) + 1)});
  }
  const auto key =
      derive_key(seed_, KeyUse::batch_order, static_cast<std::uint64_t>(epoch), static_cast<std::uint32_t>(index));
  pool.batches = pool_batches(lengths, batch_, key);
  return pool;
}

void PairMixture::add(const Draw& draw, ParallelDataset& pairs) const {
  const PairStore& store = parts_[static_cast<std::size_t>(draw.corpus)].store;
  if (weighted_) pairs.weights.push_back(store.weight(draw.line));
  for (const Side side : {Side::source, Side::target}) {
    auto& lines = side == Side::source ? pairs.source : pairs.target;
    if (store.summary().content == PairContent::text)
      lines.add(sampling_->encode(store.text(draw.line, side), side, draw));
    else
      lines.add_with([&](auto& ids) { store.append_ids(draw.line, side, ids); });
  }
}

}  // namespace attend
