#include "byte_bpe.h"

#include <algorithm>
#include <queue>

namespace attend {
namespace {

constexpr std::int32_t kNoNode = -1;

// A symbol of a word and its neighbours; merged ones leave the list.
struct Node {
  std::int32_t symbol, before, after;
};

// A merge that was possible when it was found. It is stale when one of its sides has changed since.
struct Candidate {
  std::int32_t rank, at, left, right, result;
  bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
};

using Candidates = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

std::vector<Node> chain_of(const std::vector<std::int32_t>& symbols) {
  const auto size = static_cast<std::int32_t>(symbols.size());
  std::vector<Node> chain;
  chain.reserve(symbols.size());
  for (std::int32_t i = 0; i < size; ++i)
    chain.push_back({symbols[static_cast<std::size_t>(i)], i - 1, i + 1 < size ? i + 1 : kNoNode});
  return chain;
}

}  // namespace

MergeTable::MergeTable(const std::vector<Merge>& merges) {
  merges_.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank)
    merges_.emplace(pair_key(merges[rank].left, merges[rank].right),
                    Ranked{static_cast<std::int32_t>(rank), merges[rank].result});
}

std::int64_t MergeTable::apply(std::vector<std::int32_t>& symbols) const {
  std::vector<Node> chain = chain_of(symbols);
  const auto node = [&chain](std::int32_t at) -> Node& { return chain[static_cast<std::size_t>(at)]; };
  Candidates candidates;
  const auto consider = [&](std::int32_t at) {
    if (at == kNoNode || node(at).after == kNoNode) return;
    const std::int32_t left = node(at).symbol, right = node(node(at).after).symbol;
    const auto found = merges_.find(pair_key(left, right));
    if (found != merges_.end()) candidates.push({found->second.rank, at, left, right, found->second.result});
  };
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) consider(static_cast<std::int32_t>(i));

  std::int64_t looked_at = 0;
  for (; !candidates.empty(); ++looked_at) {
    const Candidate best = candidates.top();
    candidates.pop();
    Node& left = node(best.at);
    if (left.symbol != best.left || left.after == kNoNode || node(left.after).symbol != best.right) continue;
    Node& right = node(left.after);
    left.symbol = best.result;
    right.symbol = kNoNode;  // makes its own candidates stale
    left.after = right.after;
    if (left.after != kNoNode) node(left.after).before = best.at;
    consider(left.before);
    consider(best.at);
  }
  symbols.clear();
  for (std::int32_t at = chain.empty() ? kNoNode : 0; at != kNoNode; at = node(at).after)
    symbols.push_back(node(at).symbol);
  return looked_at;
}

}  // namespace attend
