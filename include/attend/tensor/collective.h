// What several processes that train together need from each other. The trainer and the loader ask for it from the
// first day, so that training on many devices changes no signature.
#pragma once

#include <ATen/core/Tensor.h>

namespace attend {

class Collective {
 public:
  virtual ~Collective() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void all_reduce(at::Tensor& sum) = 0;              // in place, over all ranks
  virtual void broadcast(at::Tensor& value, int root) = 0;   // in place
  virtual void barrier() = 0;
};

// One process: every operation is the identity.
class SingleProcess final : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void all_reduce(at::Tensor&) override {}
  void broadcast(at::Tensor&, int) override {}
  void barrier() override {}
};

}  // namespace attend
