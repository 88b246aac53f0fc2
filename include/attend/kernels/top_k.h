// Finds the best next tokens of every row and their log-probabilities without a (rows x V) matrix of log-probabilities.
// One pass finds the maxima and one the sum of exponentials; only blocks that can hold a winner are looked at again.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace attend::kernels {

struct TopK {
  std::int64_t count = 0;         // entries per row; at most V less the tokens of `never`
  std::vector<std::int32_t> ids;  // rows x count: the likeliest first, equal ones by id
  std::vector<float> log_probs;   // rows x count: logit - log sum exp(logits of the row)
};

// Returns the `count` likeliest tokens of each row, or as many as there are. logits (rows, V) may have any floating
// dtype and device. Ids in `never` count in the normalisation but are not chosen. ModelError where nothing may be
// chosen, and when a row holds a NaN, +inf or nothing but -inf.
TopK top_k(const at::Tensor& logits, std::int64_t count, std::span<const std::int32_t> never);

namespace reference {
TopK top_k(const at::Tensor& logits, std::int64_t count, std::span<const std::int32_t> never);
}  // namespace reference

}  // namespace attend::kernels
