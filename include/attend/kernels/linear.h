// Computes y = x W^T + b with a float32 master and, in mixed precision, a bfloat16 working copy that the product reads.
// The gradient goes to the master, in the master's dtype. Products of bfloat16 operands are summed in float32.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

// One trained tensor. `master` is the leaf that autograd knows; `working` is its low-precision copy, or undefined.
struct Weight {
  at::Tensor master, working;
  const at::Tensor& compute() const { return working.defined() ? working : master; }
  bool defined() const { return master.defined(); }
};

// Returns (..., out) in the dtype of weight.compute(), to which x (..., in) is cast. weight is (out, in); bias is (out)
// or undefined.
at::Tensor linear(const at::Tensor& x, const Weight& weight, const Weight& bias);

}  // namespace attend::kernels
