// Forward and backward of a batch. On the CPU the rows of a batch are divided among the threads, and each thread
// differentiates its own part. The matrix products of a small model are too small to keep several cores busy one after
// the other.
#pragma once

#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

class BatchGradients {
 public:
  // The gradients of all parts are kept until every part is done. They may take this many bytes.
  static constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

  BatchGradients(Task& task, Model& model, const Runtime& runtime, std::uint64_t seed);

  // Adds the gradients of the batch's loss sums to the existing gradients of the leaves, and the loss sums to `sums`.
  // Parts are added in order, so the result depends on the number of threads, but not on which one was first. After an
  // exception the gradients of the leaves are incomplete.
  void add(std::int64_t step, const Batch& batch, std::vector<LossTerm>& sums);

  // From now on computes each batch in one part. Returns false when it did so already.
  bool stop_sharing();
  bool shares() const { return shares_; }
  void set_shares(bool shares) { shares_ = shares; }
  // Returns the bytes that the gradients of the parts need besides those of the leaves. 0 means that batches of this
  // model are never divided.
  static std::int64_t added_bytes(const Model& model);

 private:
  struct Part {
    std::vector<LossTerm> terms;
    at::Tensor objective;
    std::vector<at::Tensor> gradients;  // by leaf, for every part but the first; undefined: none
  };
  bool may_share() const;
  std::int64_t parts_of(const Batch& batch) const;
  Part forward(std::int64_t step, const Batch& batch);
  std::vector<Part> differentiate(std::int64_t step, const std::vector<Batch>& batches);

  Task& task_;
  Model& model_;
  Runtime runtime_;
  std::uint64_t seed_;
  std::vector<at::Tensor> leaves_;  // the trained tensors
  bool shares_ = true;
};

}  // namespace attend
