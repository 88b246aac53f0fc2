// The mean of the parameters of several models, summed in double precision.
#pragma once

#include <string>
#include <string_view>

#include "attend/checkpoint/tensor_file.h"

namespace attend {

class ParameterMean {
 public:
  // Adds one model. Throws a ModelError that names `where` when its names or shapes differ from those before.
  void add(const NamedTensors& parameters, std::string_view where);
  std::int64_t count() const { return count_; }
  // Returns the mean, in the element types of the first model.
  NamedTensors mean() const;

 private:
  struct Sum {
    at::Tensor total;
    at::ScalarType type;
  };
  std::map<std::string, Sum> sums_;
  std::int64_t count_ = 0;
};

}  // namespace attend
