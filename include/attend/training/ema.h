// Exponential moving average of the weights: shadow = d shadow + (1 - d) w after update t, in one pass over each
// segment. The decay warms up, d = min(decay, (1 + t) / (10 + t)), so that the beginning is soon forgotten (as in
// Marian and TensorFlow). An update that the guard skips counts as one that changed nothing.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attend/tensor/segments.h"
#include "attend/tensor/state_dict.h"

namespace attend {

class Ema {
 public:
  // decay 0 switches the average off, and then every function does nothing. The shadow starts as the present weights.
  Ema(double decay, std::vector<Segment>& segments);
  bool on() const { return decay_ > 0; }
  static double decay_at(double decay, std::int64_t step);
  // Call this after update `step`, counted from 1.
  void update(std::int64_t step);

  // Saves float32 tensors by parameter name. Frozen parameters have none.
  void save(StateDict& state) const;
  // Throws ModelError when a tensor is missing or has another shape.
  void load(const StateDict& state);

  // As long as it lives, weights and averages are exchanged; working copies follow.
  class Swap {
   public:
    explicit Swap(Ema& ema) : ema_(ema) { ema_.exchange(); }
    ~Swap() { ema_.exchange(); }
    Swap(const Swap&) = delete;
    Swap& operator=(const Swap&) = delete;

   private:
    Ema& ema_;
  };

 private:
  void exchange();

  double decay_;
  std::vector<Segment>& segments_;
  std::vector<at::Tensor> shadows_;  // flat, one per segment; empty when off
};

}  // namespace attend
