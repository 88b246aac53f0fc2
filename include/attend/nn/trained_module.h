// A module that says of each of its parameters how it starts, and which of its buffers are stored with the model.
// Initialisation and checkpoints read nothing else, so a new layer needs no line there.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

namespace attend {

// How a parameter starts; src/nn/init.cpp has the numbers.
//
//   projection  by init.scheme, each of its fused parts by its own fan
//   bias        0, or U(+-1/sqrt(in)) under init.scheme linear
//   table       rows of embeddings, learned positions or an output matrix
//   small       what distances bring to scores, small beside q . k
//   zeros       0
enum class Start { projection, bias, table, small, zeros };

class TrainedModule : public torch::nn::Module {
 public:
  struct Parameter {
    at::Tensor value;  // the registered one
    Start start;
  };
  // The parameters that start_parameter() registered, in this order. What is registered in another way starts with the
  // value it has.
  const std::vector<Parameter>& started() const { return started_; }
  // The names of the buffers that save_buffer() registered.
  const std::vector<std::string>& saved_buffers() const { return saved_buffers_; }

 protected:
  at::Tensor start_parameter(const std::string& name, at::Tensor value, Start start) {
    started_.push_back({register_parameter(name, std::move(value)), start});
    return started_.back().value;
  }
  // Registers a tensor that is not trained but belongs to the model, such as drawn features or hashes: it is stored and
  // loaded with the weights. A buffer that can be computed again from the config is registered as a plain buffer.
  at::Tensor save_buffer(const std::string& name, at::Tensor value) {
    saved_buffers_.push_back(name);
    return register_buffer(name, std::move(value));
  }

 private:
  std::vector<std::string> saved_buffers_;
  std::vector<Parameter> started_;
};

}  // namespace attend
