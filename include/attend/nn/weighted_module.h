// A module whose weights are read by products. In mixed precision each of them has a working copy beside its float32
// master.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "attend/kernels/linear.h"
#include "attend/nn/trained_module.h"

namespace attend {

using kernels::Weight;

class WeightedModule : public TrainedModule {
 public:
  // Returns the weights that low-precision products read; norms and positions are not among them.
  const std::vector<Weight*>& weights() const { return weights_; }

 protected:
  // Registers the master as a parameter and remembers that it wants a working copy. `weight` must be a member of *this.
  void register_weight(const std::string& name, Weight& weight, at::Tensor value, Start start);

 private:
  std::vector<Weight*> weights_;
};

// Gives every weight below `root` the working copy that copy_of(master) returns. Where that is undefined, products read
// the master.
void set_working_copies(torch::nn::Module& root, const std::function<at::Tensor(const at::Tensor& master)>& copy_of);

// Sets the working copies for inference: casts of the masters, or none where `compute` is float32 or the masters' own
// dtype.
void cast_working_copies(torch::nn::Module& root, at::ScalarType compute);

}  // namespace attend
