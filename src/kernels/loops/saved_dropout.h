// Dropout inside an autograd context: backward draws the mask of forward again.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "attend/tensor/draws.h"

namespace attend::kernels {

inline void keep(torch::autograd::AutogradContext* context, const Dropout& dropout) {
  const DrawSite& site = dropout.site;
  context->saved_data["p"] = dropout.p;
  context->saved_data["draw"] =
      std::vector<std::int64_t>{static_cast<std::int64_t>(site.key.seed), site.key.step, site.key.first_row, site.layer,
                                static_cast<std::int64_t>(site.site)};
}

inline Dropout kept(torch::autograd::AutogradContext* context) {
  const auto draw = context->saved_data["draw"].toIntVector();
  return {
      context->saved_data["p"].toDouble(),
      {{static_cast<std::uint64_t>(draw[0]), draw[1], draw[2]}, static_cast<int>(draw[3]), static_cast<Site>(draw[4])}};
}

}  // namespace attend::kernels
