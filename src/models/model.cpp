#include "attend/models/model.h"

#include <torch/types.h>

namespace attend {

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

void Model::set_head(const OutputConfig& config, std::shared_ptr<Embedding> tied) {
  head_ = register_module("head", std::make_shared<VocabularyHead>(config, std::move(tied)));
}

at::Tensor Model::made_up_ids(std::int64_t rows, std::int64_t length, std::int64_t vocabulary) const {
  const std::int64_t special = vocabulary > 4 ? 4 : 0;
  return (torch::arange(rows * length, torch::kInt64) % (vocabulary - special) + special)
      .view({rows, length})
      .to(head_->device());
}

}  // namespace attend
