#include "attend/data/block_order.h"

#include <algorithm>

#include "attend/core/philox.h"

namespace attend {
namespace {

std::int64_t sum_of(const std::vector<CorpusShare>& shares) {
  std::int64_t sum = 0;
  for (const auto& share : shares) sum += share.lines;
  return sum;
}

// Of 0 .. n-1; high bits of the product (Lemire 2019), whose bias is below n / 2^64.
std::int64_t draw_below(PhiloxStream& stream, std::int64_t n) {
  return static_cast<std::int64_t>(static_cast<unsigned __int128>(stream.next()) * static_cast<std::uint64_t>(n) >> 64);
}

}  // namespace

BlockOrder::BlockOrder(std::vector<CorpusShare> texts, const BlockRule& rule) : texts_(std::move(texts)), rule_(rule) {
  for (const auto& text : texts_) blocks_.push_back({blocks_in(text.lines, rule.size), text.weight});
}

std::int64_t BlockOrder::batches(std::int64_t epoch) const {
  const auto whole = [&](std::int64_t blocks) { return std::max<std::int64_t>(1, blocks / rule_.rows); };
  switch (rule_.sampling) {
    case BlockSampling::random_blocks: return whole(sum_of(texts_) / rule_.size);
    case BlockSampling::sequential: return whole(sum_of(blocks_));
    case BlockSampling::packed: return whole(EpochOrder(blocks_, rule_.seed, epoch).size());
  }
  return 1;
}

std::vector<BlockRow> BlockOrder::rows(std::int64_t epoch, std::int64_t index) const {
  std::vector<BlockRow> rows;
  const auto count = batches(epoch), blocks = sum_of(blocks_), read = std::min(blocks, count * rule_.rows);
  const EpochOrder order(blocks_, rule_.seed, epoch);
  // The blocks that earlier epochs read; in 128 bits, because a checkpoint may name any epoch.
  const auto skipped = blocks > 0 ? static_cast<std::int64_t>(static_cast<__int128>(epoch) * read % blocks) : 0;
  for (std::int64_t r = 0; r < rule_.rows; ++r) {
    const auto number = index * rule_.rows + r;
    switch (rule_.sampling) {
      case BlockSampling::random_blocks: rows.push_back(random_row(epoch, number)); break;
      case BlockSampling::sequential:
        if (r < blocks) rows.push_back(block((r * count + index + skipped) % blocks));
        break;
      case BlockSampling::packed:
        if (number >= order.size()) break;
        rows.push_back({order[number].corpus, order[number].line * rule_.size});
        break;
    }
  }
  return rows;
}

BlockRow BlockOrder::random_row(std::int64_t epoch, std::int64_t row) const {
  PhiloxStream draws(
      derive_key(rule_.seed, KeyUse::random_rows, static_cast<std::uint64_t>(row), static_cast<std::uint32_t>(epoch)));
  double weights = 0;
  for (const auto& text : texts_) weights += text.weight;
  double at = draws.uniform() * weights;
  std::size_t text = 0;
  while (text + 1 < texts_.size() && at >= texts_[text].weight) at -= texts_[text++].weight;
  return {static_cast<std::int64_t>(text), draw_below(draws, texts_[text].lines - rule_.size)};
}

BlockRow BlockOrder::block(std::int64_t number) const {
  std::int64_t text = 0;
  for (; number >= blocks_[static_cast<std::size_t>(text)].lines; ++text)
    number -= blocks_[static_cast<std::size_t>(text)].lines;
  return {text, number * rule_.size};
}

}  // namespace attend
