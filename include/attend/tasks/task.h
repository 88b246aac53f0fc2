// A task is what is trained: it turns data into loss terms and measures a model. It holds data, not the model. Where
// losses depend on what was read before, it holds that too.
#pragma once

#include <map>
#include <memory>

#include "attend/data/loader.h"
#include "attend/models/model.h"
#include "attend/tensor/forward_context.h"
#include "attend/tensor/state_dict.h"

namespace attend {

// The numbers measured on one named set: "loss" (with smoothing), "nll", "perplexity", "bits_per_byte", "bleu" and
// "chrf", as far as they were asked for and can be measured.
struct Metrics {
  std::string set;
  std::map<std::string, double> values;
};

class Task {
 public:
  virtual ~Task() = default;
  // Returns the batches of training from `start` on.
  virtual std::unique_ptr<BatchStream> train_stream(Cursor start) = 0;
  // Is called before the batches of an update. With `again` the attempt before found too little memory, and the task
  // takes back what the batches of that attempt left in it.
  virtual void begin_update(bool /*again*/) {}
  // Returns true where losses depend on what was read before, so that batches must come one after the other.
  virtual bool remembers() const { return false; }
  // Returns the loss terms of one batch as sums. The trainer divides by the count of the first one. Several threads may
  // ask for the terms of different batches at once, unless the task remembers.
  virtual std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) = 0;
  // Measures the model on every validation set; the first set decides what is best. Interrupted (core/interrupt.h)
  // where a signal ends it early.
  virtual std::vector<Metrics> validate(Model& model) = 0;

  // save() and load() write and read what the task remembers between updates, for checkpoints. Most tasks remember
  // nothing.
  virtual void save(StateDict&) const {}
  virtual void load(const StateDict&) {}
};

}  // namespace attend
