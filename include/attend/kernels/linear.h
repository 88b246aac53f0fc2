// y = x W^T + b with a float32 master and, in mixed precision, a bfloat16 working copy that the product uses.
// The gradient goes to the master, in the master's dtype: products of bfloat16 operands, sums in float32.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend::kernels {

// One trained tensor: `master` is the leaf that autograd knows; `working` its low-precision copy, or undefined.
struct Weight {
  at::Tensor master, working;
  const at::Tensor& compute() const { return working.defined() ? working : master; }
  bool defined() const { return master.defined(); }
};

// x (..., in), weight (out, in), bias (out) or undefined -> (..., out) in the dtype of weight.compute(); x is cast to it.
at::Tensor linear(const at::Tensor& x, const Weight& weight, const Weight& bias);

}  // namespace attend::kernels
