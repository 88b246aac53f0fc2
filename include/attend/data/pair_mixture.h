// What training and validation of translation read: pools of pairs from one or several corpora, in the order of
// data/order.h. Each pool is encoded, sorted by length and cut into batches. All of it is a pure function of (seed,
// epoch, pool, index).
#pragma once

#include "attend/data/batching.h"
#include "attend/data/order.h"
#include "attend/data/pair_store.h"
#include "attend/data/parallel_dataset.h"
#include "attend/data/subword_sampling.h"

namespace attend {

struct Pool {
  ParallelDataset pairs;
  std::vector<BatchRows> batches;  // indices of pairs, in the order of training
};

class PairMixture {
 public:
  struct Part {
    PairStore store;
    double weight = 1.0;
  };
  // There must be at least one part, and none may be empty. Parts that hold text need `sampling`.
  PairMixture(std::vector<Part> parts, const BatchConfig& batch, std::uint64_t seed,
              std::shared_ptr<const SubwordSampling> sampling = nullptr);

  std::int64_t pools(std::int64_t epoch) const;
  Pool pool(std::int64_t epoch, std::int64_t index) const;

 private:
  void add(const Draw& draw, ParallelDataset& pairs) const;

  std::vector<Part> parts_;
  std::vector<CorpusShare> shares_;
  BatchConfig batch_;
  std::uint64_t seed_;
  std::int64_t pool_pairs_;
  bool weighted_;  // some pairs have weights, so every pair gets one
  std::shared_ptr<const SubwordSampling> sampling_;
};

}  // namespace attend
