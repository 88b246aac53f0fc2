#include "attend/data/blocks.h"

#include <torch/types.h>

#include <algorithm>

#include "attend/core/error.h"
#include "attend/tensor/loss_term.h"

namespace attend {
namespace {

// Documents of a row end with `eos`: T ids to segments and positions; the labels of their ends go.
struct Separated {
  std::int64_t* segments;
  std::int64_t* positions;
  std::int64_t* labels;
};

// False where the row is one document.
bool separate(const std::int64_t* tokens, const BlockShape& shape, const Separated& out) {
  std::int64_t segment = 0, position = 0;
  for (std::int64_t t = 0; t < shape.size; ++t) {
    out.segments[t] = segment;
    out.positions[t] = position++;
    if (tokens[t] != shape.eos) continue;
    out.labels[t] = kNoLabel;
    ++segment;
    position = 0;
  }
  return out.segments[shape.size - 1] > 0;
}

}  // namespace

TokenBlocks::TokenBlocks(std::vector<TokenStore> texts, const BlockShape& shape)
    : texts_(std::move(texts)), shape_(shape) {
  for (const auto& text : texts_)
    if (text.size() < 2)
      throw DataError("[", text.name(), "] expected at least two tokens, got ", text.size(),
                      "; give more text, or look at data.validation.fraction");
}

void TokenBlocks::require_whole_blocks(std::string_view use) const {
  for (const auto& text : texts_)
    if (text.size() < shape_.size + 1)
      throw DataError("[", text.name(), "] expected at least data.block_size + 1 = ", shape_.size + 1, " tokens of ",
                      use, " to draw random blocks from, got ", text.size(),
                      "; give more text or a smaller data.block_size");
}

void TokenBlocks::fill(const BlockRow& row, std::int64_t* tokens, std::int64_t* labels) const {
  const auto& text = texts_[static_cast<std::size_t>(row.text)];
  const auto count = std::min(shape_.size, text.size() - 1 - row.begin);
  text.read(row.begin, count, tokens);
  std::copy(tokens + 1, tokens + count, labels);
  text.read(row.begin + count, 1, labels + count - 1);
  std::fill(tokens + count, tokens + shape_.size, 0);
  std::fill(labels + count, labels + shape_.size, kNoLabel);
}

Batch TokenBlocks::batch(const std::vector<BlockRow>& rows) const {
  const auto B = static_cast<std::int64_t>(rows.size()), T = shape_.size;
  Batch batch;
  batch.rows = B;
  batch.padded_tokens = B * T;
  const auto made = [&](const char* name) {
    return (batch.tensors[name] = torch::empty({B, T}, torch::kInt64)).data_ptr<std::int64_t>();
  };
  auto *tokens = made("tokens"), *labels = made("labels");
  for (std::int64_t b = 0; b < B; ++b) fill(rows[static_cast<std::size_t>(b)], tokens + b * T, labels + b * T);
  if (shape_.separate && shape_.eos >= 0) {
    auto *segments = made("segments"), *positions = made("positions");
    bool several = false;
    for (std::int64_t i = 0; i < B * T; i += T)
      several |= separate(tokens + i, shape_, {segments + i, positions + i, labels + i});
    if (!several)
      for (const char* name : {"segments", "positions"}) batch.tensors.erase(name);
  }
  batch.target_tokens = B * T - std::count(labels, labels + B * T, kNoLabel);
  return batch;
}

std::int64_t TokenBlocks::whole_batches(std::int64_t rows) const {
  std::int64_t all = 0;
  for (const auto& text : texts_) all += batches_of(text, rows);
  return all;
}

Batch TokenBlocks::whole_batch(std::int64_t rows, std::int64_t index) const {
  std::size_t text = 0;
  for (; index >= batches_of(texts_[text], rows); ++text) index -= batches_of(texts_[text], rows);
  const auto blocks = blocks_of(texts_[text]), length = batches_of(texts_[text], rows);  // of a stream
  std::vector<BlockRow> wanted;
  for (auto block = index; block < blocks; block += length)
    wanted.push_back({static_cast<std::int64_t>(text), block * shape_.size});
  auto whole = batch(wanted);
  whole.starts_streams = index == 0;
  return whole;
}

}  // namespace attend
