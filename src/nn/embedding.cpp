#include "attend/nn/embedding.h"

#include <torch/types.h>

namespace attend {

Embedding::Embedding(std::int64_t vocabulary, std::int64_t size, std::int64_t padding_id) : padding_id_(padding_id) {
  register_weight("weight", table_, torch::zeros({vocabulary, size}), Start::table);
}

}  // namespace attend
