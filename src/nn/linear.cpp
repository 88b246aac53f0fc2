#include "attend/nn/linear.h"

#include <torch/types.h>

namespace attend {

Linear::Linear(std::int64_t in, std::int64_t out, bool bias, LinearRole role) : role_(std::move(role)) {
  register_weight("weight", weight_, torch::zeros({out, in}), Start::projection);
  if (bias) register_weight("bias", bias_, torch::zeros({out}), Start::bias);
}

}  // namespace attend
