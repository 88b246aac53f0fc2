#include "attend/data/batch.h"

#include <torch/types.h>

#include <algorithm>

#include "attend/tensor/loss_term.h"

namespace attend {

at::Tensor Batch::find(const std::string& name) const {
  const auto found = tensors.find(name);
  return found == tensors.end() ? at::Tensor() : found->second;
}

Batch Batch::to(at::Device device) const {
  Batch moved = *this;
  for (auto& [name, tensor] : moved.tensors) tensor = tensor.to(device, /*non_blocking=*/true);
  return moved;
}

std::vector<Batch> Batch::split(std::int64_t parts) const {
  parts = std::clamp<std::int64_t>(parts, 1, std::max<std::int64_t>(rows, 1));
  std::vector<Batch> all(static_cast<std::size_t>(parts));
  for (std::int64_t i = 0; i < parts; ++i) {
    const auto begin = i * rows / parts, end = (i + 1) * rows / parts;
    auto& part = all[static_cast<std::size_t>(i)];
    part.rows = end - begin;
    part.first_row = first_row + begin;
    part.starts_streams = starts_streams;
    for (const auto& [name, tensor] : tensors) part.tensors.emplace(name, tensor.narrow(0, begin, part.rows));
  }
  return all;
}

Batch make_batch(const ParallelDataset& data, const BatchRows& rows, const SpecialIds& source_ids,
                 const SpecialIds& target_ids) {
  std::int64_t S = 0, T = 0;
  for (const auto row : rows) {
    S = std::max(S, data.source.length(row) + 1);
    T = std::max(T, data.target.length(row) + 1);
  }
  Batch batch;
  batch.rows = static_cast<std::int64_t>(rows.size());
  auto source = torch::full({batch.rows, S}, source_ids.pad, torch::kInt64);
  auto target = torch::full({batch.rows, T}, target_ids.pad, torch::kInt64);
  auto labels = torch::full({batch.rows, T}, kNoLabel, torch::kInt64);
  auto* s = source.data_ptr<std::int64_t>();
  auto* t = target.data_ptr<std::int64_t>();
  auto* y = labels.data_ptr<std::int64_t>();
  for (const auto row : rows) {
    const auto from = data.source[row], to = data.target[row];
    std::copy(from.begin(), from.end(), s);
    s[from.size()] = source_ids.eos;
    *t = target_ids.bos;
    std::copy(to.begin(), to.end(), t + 1);
    std::copy(to.begin(), to.end(), y);
    y[to.size()] = target_ids.eos;
    batch.source_tokens += static_cast<std::int64_t>(from.size()) + 1;
    batch.target_tokens += static_cast<std::int64_t>(to.size()) + 1;
    s += S;
    t += T;
    y += T;
  }
  batch.padded_tokens = batch.rows * (S + T);
  batch.tensors = {{"source", source}, {"target", target}, {"labels", labels}};
  if (data.weights.empty()) return batch;
  auto weights = torch::empty({batch.rows}, torch::kFloat32);
  auto* w = weights.data_ptr<float>();
  for (const auto row : rows) *w++ = data.weights[static_cast<std::size_t>(row)];
  batch.tensors.emplace("weights", weights);
  return batch;
}

}  // namespace attend
