// What optimizers keep beside the segments: flat buffers, saved and loaded by the names of the parameters.
#pragma once

#include <string>
#include <vector>

#include "attend/tensor/segments.h"
#include "attend/tensor/state_dict.h"

namespace attend {

class Moments {
 public:
  // Zeros, one buffer a segment; saved as "first_moment.NAME" for a name "first_moment".
  Moments(std::string name, const std::vector<Segment>& segments);
  const at::Tensor& operator[](std::size_t segment) const { return buffers_[segment]; }
  void save(StateDict& state) const;
  void load(const StateDict& state);

 private:
  std::string name_;
  const std::vector<Segment>& segments_;
  std::vector<at::Tensor> buffers_;
};

// Copies a saved tensor. ModelError when it is missing or of another shape.
void load_moment(const StateDict& state, const std::string& name, const at::Tensor& into);

}  // namespace attend
