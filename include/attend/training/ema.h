// Exponential moving average of the weights: shadow = d shadow + (1 - d) w after update t, one pass over each segment.
// The decay warms up, d = min(decay, (1 + t) / (10 + t)), so that the beginning is soon forgotten (as in Marian and
// TensorFlow). An update that the guard skips counts as one that changed nothing.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attend/tensor/segments.h"
#include "attend/tensor/state_dict.h"

namespace attend {

class Ema {
 public:
  // decay 0: off, and everything below does nothing. The shadow starts as the weights are now.
  Ema(double decay, std::vector<Segment>& segments);
  bool on() const { return decay_ > 0; }
  static double decay_at(double decay, std::int64_t step);
  // After update `step`, from 1.
  void update(std::int64_t step);

  // float32, by the names of the parameters; frozen ones are not among them.
  void save(StateDict& state) const;
  // ModelError when one is missing or of another shape.
  void load(const StateDict& state);

  // While it lives, weights and averages have changed places (working copies follow).
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
  std::vector<at::Tensor> shadows_;  // flat, one a segment; none where it is off
};

}  // namespace attend
