// Holds everything that can be saved: tensors by name, and plain values.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "attend/core/json.h"

namespace attend {

struct StateDict {
  std::map<std::string, at::Tensor> tensors;
  Json values = Json::object();
};

}  // namespace attend
