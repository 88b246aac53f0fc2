// Learned positions (Gehring et al. 2017; GPT-2): row p of a trained (max_length, D) table, p from 0.
// Cost: max_length x D parameters. Limits: a sequence longer than the table is a data error.
#include "attend/position/learned.h"

#include <torch/types.h>

#include "attend/core/error.h"

namespace attend {

Learned::Learned(std::int64_t max_length, std::int64_t d_model) {
  table_ = start_parameter("weight", torch::zeros({max_length, d_model}), Start::table);
}

void Learned::check(std::int64_t length) const {
  if (length > table_.size(0))
    throw DataError("[position] expected a sequence of at most ", table_.size(0), " tokens (the learned table), got ",
                    length, "; shorten the text or train with a larger model.position.max_length");
}

at::Tensor Learned::rows(std::int64_t first, std::int64_t length) const {
  check(first + length);
  return table_.narrow(0, first, length);
}

at::Tensor Learned::rows_at(const at::Tensor& positions) const {
  if (positions.numel() > 0) check(positions.max().item<std::int64_t>() + 1);  // sync
  return table_.index_select(0, positions.reshape({-1})).view({positions.size(0), positions.size(1), table_.size(1)});
}

}  // namespace attend
