// Forward and backward of a batch. On the CPU the rows of a batch are shared out among the threads, and each thread
// differentiates its part alone: the products of a small model do not fill several cores one after the other.
#pragma once

#include "attend/tasks/task.h"
#include "attend/tensor/runtime.h"

namespace attend {

// Scalars on the device, float64.
struct LossSums {
  at::Tensor loss, nll, count;
};

class BatchGradients {
 public:
  // The gradients of parts are kept beside each other until all are there: at most this many bytes.
  static constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

  BatchGradients(Task& task, Model& model, const Runtime& runtime, std::uint64_t seed);

  // Adds the gradients of the batch's loss sums to those of the leaves (which have some), and the sums to `sums`. Parts are
  // added in their order, so the result depends on the number of threads, not on which was first. An error leaves the
  // leaves' gradients half added.
  void add(std::int64_t step, const Batch& batch, LossSums& sums);

  // From now on one thread after the other; false: it was so already.
  bool stop_sharing();
  bool shares() const { return shares_; }
  void set_shares(bool shares) { shares_ = shares; }
  // What the gradients of the parts take beside those of the leaves; 0: batches of this model are not shared out.
  static std::int64_t added_bytes(const Model& model);

 private:
  struct Part {
    std::vector<LossTerm> terms;
    at::Tensor total;
    std::vector<at::Tensor> gradients;  // of leaves_, of every part but the first; undefined: none
  };
  bool may_share() const;
  std::int64_t parts_of(const Batch& batch) const;
  Part forward(std::int64_t step, const Batch& batch);
  std::vector<Part> differentiate(std::int64_t step, const std::vector<Batch>& batches);

  Task& task_;
  Model& model_;
  Runtime runtime_;
  std::uint64_t seed_;
  std::vector<at::Tensor> leaves_;  // what is trained
  bool shares_ = true;
};

}  // namespace attend
