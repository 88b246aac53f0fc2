// Pairs of lines as token ids in flat arrays, and the tokenizers that made them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attend/text/tokenizer.h"

namespace attend {

// The ids of many lines, one after the other.
class TokenLines {
 public:
  // Appends a line: `append` puts its ids at the end of the list it is given.
  template <class Append>
  void add_with(const Append& append) {
    append(ids_);
    ends_.push_back(static_cast<std::int64_t>(ids_.size()));
  }
  void add(std::span<const std::int32_t> ids) {
    add_with([&](std::vector<std::int32_t>& all) { all.insert(all.end(), ids.begin(), ids.end()); });
  }
  std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  std::span<const std::int32_t> operator[](std::int64_t line) const {
    const auto begin = line == 0 ? 0 : ends_[static_cast<std::size_t>(line - 1)];
    return {ids_.data() + begin, static_cast<std::size_t>(ends_[static_cast<std::size_t>(line)] - begin)};
  }
  std::int64_t length(std::int64_t line) const { return static_cast<std::int64_t>((*this)[line].size()); }

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::int64_t> ends_;
};

// Both sides hold the text only; batches add start and end symbols.
struct ParallelDataset {
  TokenLines source, target;
  std::vector<float> weights;  // one per pair; empty: each pair counts once
  std::int64_t size() const { return source.size(); }
};

struct Tokenizers {
  std::shared_ptr<const Tokenizer> source, target;  // the same object for a shared vocabulary; null: there is none
  bool shared() const { return source == target; }
};

}  // namespace attend
