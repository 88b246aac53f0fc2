// The terms of a loss. A term is a sum over rows of the batch, and its count says over what it sums. Both are additive
// over any split of the rows, so that neither threads, nor pieces that fit memory, nor processes change a gradient.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace attend {

// A label that is none: its row does not count. Batches pad their labels with it.
inline constexpr std::int64_t kNoLabel = -1;

// Sums and counts, never means: the trainer divides once, after accumulation.
struct LossTerm {
  std::string name;       // the term's name in metrics.jsonl and TensorBoard
  at::Tensor sum, count;  // scalars
  // Factor in the objective. 0: the term is only reported, like the plain loss beside the smoothed one.
  double weight = 1.0;
};

// Adds each term of `part` to the term of its name in `total`, in float64 and without a graph. A name that `total` does
// not have yet comes behind the others.
void add_terms(std::vector<LossTerm>& total, const std::vector<LossTerm>& part);

// Returns the sum over all terms of weight * sum: what is differentiated. Undefined where no term has a weight.
at::Tensor objective_of(const std::vector<LossTerm>& terms);

// Returns the term of a name. The caller knows that it is there; std::logic_error where it is not.
const LossTerm& term_of(const std::vector<LossTerm>& terms, std::string_view name);

}  // namespace attend
