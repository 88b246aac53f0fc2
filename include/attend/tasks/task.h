// What is trained: a task turns data into loss terms and measures a model. It holds data, not the model, and what was read
// before where losses depend on it.
#pragma once

#include <map>
#include <memory>

#include "attend/data/loader.h"
#include "attend/models/model.h"
#include "attend/tensor/forward_context.h"
#include "attend/tensor/state_dict.h"

namespace attend {

// What was measured on one named set: "loss" (with smoothing), "nll", "perplexity", "bleu", "chrf", as far as asked for.
struct Metrics {
  std::string set;
  std::map<std::string, double> values;
};

class Task {
 public:
  virtual ~Task() = default;
  virtual std::unique_ptr<BatchStream> train_stream(Cursor start) = 0;
  // Comes before the batches of an update; with `again` the attempt before found too little memory, and what its batches left
  // in the task is taken back.
  virtual void begin_update(bool /*again*/) {}
  // True where losses depend on what was read before, so that batches come one after the other.
  virtual bool remembers() const { return false; }
  // Loss terms of one batch as sums; the first one decides the count that the trainer divides by. Several threads may ask
  // for those of different batches, unless the task remembers.
  virtual std::vector<LossTerm> loss(Model& model, const Batch& batch, ForwardContext& context) = 0;
  // On every validation set; the first one decides what is best. Interrupted (core/interrupt.h) where a signal ends it early.
  virtual std::vector<Metrics> validate(Model& model) = 0;

  // What the task remembers between updates, for checkpoints; most remember nothing.
  virtual void save(StateDict&) const {}
  virtual void load(const StateDict&) {}
};

}  // namespace attend
