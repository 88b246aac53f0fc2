// A parallel corpus as token ids in two flat arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attend/config/config.h"
#include "attend/text/parallel_text.h"
#include "attend/text/tokenizer.h"

namespace attend {

// Ids of many lines, one after the other.
class TokenLines {
 public:
  void add(std::span<const std::int32_t> ids) {
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    ends_.push_back(static_cast<std::int64_t>(ids_.size()));
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

// Source lines end with eos; target lines hold the text alone (batches add bos and eos).
struct ParallelDataset {
  TokenLines source, target;
  std::int64_t over_length = 0;  // pairs skipped or cropped
  std::int64_t empty = 0;        // pairs left out because a side is empty
  std::int64_t size() const { return source.size(); }
};

struct Tokenizers {
  std::shared_ptr<const Tokenizer> source, target;  // the same object where the vocabulary is shared
  bool shared() const { return source == target; }
};

struct LengthRule {
  std::int64_t max_length = 256;  // with the end symbol
  OverLength over_length = OverLength::skip;
};

// DataError when nothing is left.
ParallelDataset encode_parallel(const ParallelText& text, const Tokenizers& tokenizers, const LengthRule& rule);

}  // namespace attend
