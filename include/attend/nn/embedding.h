// Token embeddings are a (V, D) table. Look-ups read it and, where weights are tied, so does the output layer.
#pragma once

#include "attend/nn/weighted_module.h"

namespace attend {

class Embedding : public WeightedModule {
 public:
  // The row of padding_id gets no gradient from look-ups; negative: there is no such row.
  Embedding(std::int64_t vocabulary, std::int64_t size, std::int64_t padding_id);
  const Weight& table() const { return table_; }
  std::int64_t padding_id() const { return padding_id_; }
  std::int64_t vocabulary() const { return table_.master.size(0); }

 private:
  Weight table_;
  std::int64_t padding_id_;
};

}  // namespace attend
