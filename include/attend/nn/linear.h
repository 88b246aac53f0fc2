// Linear computes y = x W^T + b. Every projection passes through it, so tied, low-rank and quantised weights need no
// second path.
#pragma once

#include "attend/nn/weighted_module.h"

namespace attend {

// One of several projections that are fused into a matrix: its rows have a name of their own.
struct LinearPart {
  std::string name;  // "q"
  std::int64_t rows;
};

// Says what a projection is made of and where its output goes.
struct LinearRole {
  std::vector<LinearPart> parts;  // in the order of their rows; empty: the matrix is one projection
  bool into_residual = false;     // true: its output is added to the residual stream
};

class Linear : public WeightedModule {
 public:
  Linear(std::int64_t in, std::int64_t out, bool bias, LinearRole role = {});
  // Returns (..., out) in the compute dtype, from x (..., in).
  at::Tensor forward(const at::Tensor& x) const { return kernels::linear(x, weight_, bias_); }
  at::ScalarType compute_dtype() const { return weight_.compute().scalar_type(); }

  const at::Tensor& weight() const { return weight_.master; }
  const at::Tensor& bias() const { return bias_.master; }
  std::int64_t in_features() const { return weight_.master.size(1); }
  std::int64_t out_features() const { return weight_.master.size(0); }
  const LinearRole& role() const { return role_; }

 private:
  Weight weight_, bias_;
  LinearRole role_;
};

}  // namespace attend
