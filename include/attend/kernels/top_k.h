// The best next tokens of every row and their log-probabilities, without a (rows x V) matrix of log-probabilities:
// one pass finds the maxima, one the sum of exponentials, and only blocks that can hold a winner are looked at again.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace attend::kernels {

struct TopK {
  std::int64_t count = 0;        // entries a row
  std::vector<std::int32_t> ids;  // rows x count: higher first, equal ones by id
  std::vector<float> log_probs;  // rows x count: logit - log sum exp(logits of the row)
};

// logits (rows, V), any floating dtype and device. Ids in `never` count in the normalisation but are not chosen.
// count is at most V - never. ModelError when a row holds a NaN, +inf or nothing but -inf.
TopK top_k(const at::Tensor& logits, std::int64_t count, std::span<const std::int32_t> never);

namespace reference {
TopK top_k(const at::Tensor& logits, std::int64_t count, std::span<const std::int32_t> never);
}  // namespace reference

}  // namespace attend::kernels
