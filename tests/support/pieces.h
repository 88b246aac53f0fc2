// A tokenizer of given pieces, and a language model that counts: behind each token the next one follows.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "attend/decoding/scorer.h"
#include "attend/text/tokenizer.h"

namespace attend::test {

// Piece i is id 4 + i; the longest one that fits comes first. Bytes need not be characters.
class Pieces final : public Tokenizer {
 public:
  explicit Pieces(std::vector<std::string> pieces, SpecialIds special = {})
      : pieces_(std::move(pieces)), special_(special) {}
  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    while (!text.empty()) {
      std::size_t best = pieces_.size();
      for (std::size_t i = 0; i < pieces_.size(); ++i)
        if (text.starts_with(pieces_[i]) && (best == pieces_.size() || pieces_[i].size() > pieces_[best].size()))
          best = i;
      if (best == pieces_.size()) return ids;
      ids.push_back(4 + static_cast<std::int32_t>(best));
      text.remove_prefix(pieces_[best].size());
    }
    return ids;
  }
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const auto id : ids)
      if (id >= 4) text += pieces_.at(static_cast<std::size_t>(id - 4));
    return text;
  }
  std::int64_t size() const override { return 4 + static_cast<std::int64_t>(pieces_.size()); }
  std::string piece(std::int32_t id) const override {
    return id < 4 ? "" : pieces_.at(static_cast<std::size_t>(id - 4));
  }
  SpecialIds special() const override { return special_; }
  TokenizerType type() const override { return TokenizerType::byte; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  std::vector<std::string> pieces_;
  SpecialIds special_;
  std::string bytes_;
};

// Behind token i comes i + 1, behind the last one the end symbol; behind a start symbol the first piece. A token of
// doubt beside it is e^-10 times as likely.
class CountingScorer final : public Scorer {
 public:
  explicit CountingScorer(std::int64_t vocabulary) : vocabulary_(vocabulary) {}
  std::vector<std::int64_t> rows;  // of each batch
  at::Tensor read;                 // ids of the last batch

  std::int64_t vocabulary_size() const override { return vocabulary_; }
  bool continues_source() const override { return true; }
  void begin(const SourceBatch& batch, const SearchBounds&) override {
    rows.push_back(batch.ids.size(0));
    read = batch.ids;
  }
  StepOutput step(const at::Tensor& tokens) override {
    at::Tensor logits = at::zeros({tokens.size(0), tokens.size(1), vocabulary_});
    for (std::int64_t b = 0; b < tokens.size(0); ++b)
      for (std::int64_t k = 0; k < tokens.size(1); ++k) {
        const auto next = tokens[b][k].item<std::int64_t>() + 1;
        logits[b][k][next == vocabulary_ ? 3 : std::max<std::int64_t>(next, 4)] = 20;
        logits[b][k][next + 1 >= vocabulary_ ? 3 : std::max<std::int64_t>(next + 1, 5)] = 10;
      }
    return {logits, {}};
  }
  void keep(const at::Tensor&) override {}
  void reorder(const at::Tensor&) override {}

 private:
  std::int64_t vocabulary_;
};

}  // namespace attend::test
