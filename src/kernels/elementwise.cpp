#include "attend/kernels/elementwise.h"

namespace attend::kernels {

at::Tensor dropout(const at::Tensor& x, const Dropout& dropout) { return reference::dropout(x, dropout); }
at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout) {
  return reference::add_dropout(residual, update, dropout);
}
at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout) {
  return reference::activate(x, activation, dropout);
}
at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout) { return reference::embed(input, dropout); }

}  // namespace attend::kernels
