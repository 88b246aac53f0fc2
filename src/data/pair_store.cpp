#include "attend/data/pair_store.h"

#include <bit>
#include <cstring>
#include <optional>

#include "attend/core/error.h"
#include "attend/core/mapped_file.h"

namespace attend {
namespace {

static_assert(std::endian::native == std::endian::little, "stores are little-endian");

[[noreturn]] void damaged(std::string_view where, const std::string& what) {
  throw ModelError("[", where, "] expected encoded pairs, got ", what, "; remove it, and it is made again");
}

}  // namespace

std::uint64_t bytes_of(PairContent content) {
  switch (content) {
    case PairContent::ids16: return 2;
    case PairContent::ids32: return 4;
    case PairContent::text: return 1;
  }
  return 1;
}

PairStore::PairStore(PairSummary summary, Arrays arrays, std::string_view where)
    : summary_(summary), arrays_(std::move(arrays)) {
  check(where);
}

PairStore::Place PairStore::place(std::int64_t pair) const {
  const auto here = arrays_.index[static_cast<std::size_t>(pair)],
             next = arrays_.index[static_cast<std::size_t>(pair) + 1];
  const auto begin = here >> kSideBits;
  return {begin, begin + (here & kMaxSideElements), next >> kSideBits};
}

void PairStore::check(std::string_view where) const {
  const auto pairs = summary_.pairs;
  if (pairs < 0 || arrays_.index.size() != static_cast<std::uint64_t>(pairs) + 1)
    damaged(where, concat("an index of ", arrays_.index.size(), " places for ", pairs, " pairs"));
  const auto elements = arrays_.body.size() / bytes_of(summary_.content);
  if (arrays_.index.front() >> kSideBits != 0 || arrays_.index.back() != std::uint64_t{elements} << kSideBits ||
      arrays_.body.size() % bytes_of(summary_.content) != 0)
    damaged(where, "an index that does not end with the body");
  if (!arrays_.weights.empty() && arrays_.weights.size() != static_cast<std::uint64_t>(pairs))
    damaged(where, concat(arrays_.weights.size(), " weights for ", pairs, " pairs"));
  for (const float weight : arrays_.weights)
    if (!(weight >= static_cast<float>(kLeastPairWeight) && weight <= static_cast<float>(kMostPairWeight)))
      damaged(where, "a weight that no pair may have");
  std::uint64_t source = 0, target = 0;
  for (std::int64_t i = 0; i < pairs; ++i) {
    const Place at = place(i);
    if (at.begin >= at.middle || at.middle >= at.end || at.end > elements || at.end - at.middle > kMaxSideElements)
      damaged(where, concat("pair ", i, " of an impossible size"));
    source += at.middle - at.begin + 1;
    target += at.end - at.middle + 1;
  }
  if (summary_.content != PairContent::text && (source != static_cast<std::uint64_t>(summary_.source_tokens) ||
                                                target != static_cast<std::uint64_t>(summary_.target_tokens)))
    damaged(where, "other numbers of tokens than it says");
}

PairLength PairStore::length(std::int64_t pair) const {
  const Place at = place(pair);
  return {static_cast<std::int32_t>(at.middle - at.begin + 1), static_cast<std::int32_t>(at.end - at.middle + 1)};
}

PairStore::Range PairStore::range(std::int64_t pair, Side side) const {
  const Place at = place(pair);
  return side == Side::source ? Range{at.begin, at.middle} : Range{at.middle, at.end};
}

template <class Id>
void PairStore::append(Range range, std::int64_t vocabulary, std::vector<std::int32_t>& ids) const {
  for (auto i = range.begin; i < range.end; ++i) {
    Id id;
    std::memcpy(&id, arrays_.body.data() + i * sizeof id, sizeof id);
    if (static_cast<std::int64_t>(id) >= vocabulary)
      throw ModelError("[encoded pairs] expected ids below ", vocabulary, ", got ", id,
                       "; remove the run's data/, and it is made again");
    ids.push_back(static_cast<std::int32_t>(id));
  }
}

void PairStore::append_ids(std::int64_t pair, Side side, std::vector<std::int32_t>& ids) const {
  const auto vocabulary = side == Side::source ? summary_.source_vocabulary : summary_.target_vocabulary;
  if (summary_.content == PairContent::ids16)
    append<std::uint16_t>(range(pair, side), vocabulary, ids);
  else
    append<std::uint32_t>(range(pair, side), vocabulary, ids);
}

std::string_view PairStore::text(std::int64_t pair, Side side) const {
  const Range at = range(pair, side);
  return {reinterpret_cast<const char*>(arrays_.body.data()) + at.begin, at.end - at.begin};
}

PairStore::Arrays map_pairs(const fs::path& index, const fs::path& body, const fs::path& weights) {
  struct Maps {
    MappedFile index, body;
    std::optional<MappedFile> weights;
  };
  const auto maps =
      std::shared_ptr<Maps>(new Maps{MappedFile(index, ExitCode::data), MappedFile(body, ExitCode::data), {}});
  if (maps->index.size() % sizeof(std::uint64_t) != 0) damaged(index.string(), "a torn index");
  std::span<const float> weights_of_pairs;
  if (!weights.empty()) {
    maps->weights.emplace(weights, ExitCode::data);
    if (maps->weights->size() % sizeof(float) != 0) damaged(weights.string(), "torn weights");
    weights_of_pairs = {reinterpret_cast<const float*>(maps->weights->data()), maps->weights->size() / sizeof(float)};
  }
  return {maps,
          {reinterpret_cast<const std::uint64_t*>(maps->index.data()), maps->index.size() / sizeof(std::uint64_t)},
          {maps->body.data(), maps->body.size()},
          weights_of_pairs};
}

}  // namespace attend
