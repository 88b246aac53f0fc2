// Adafactor (Shazeer & Stern 2018): of a matrix only the means of squares of its rows and of its columns are kept, of a
// vector all squares; formulas in kernels/optimizer.h. The step is relative to the weights (lr times their root mean
// square, at least 1e-3), so lr is the paper's rho: about 1e-2, not Adam's 5e-4. betas and eps are not used.
#pragma once

#include "attend/optim/optimizer.h"

namespace attend {

class Adafactor final : public Optimizer {
 public:
  explicit Adafactor(std::vector<Segment>& segments);
  void step(std::int64_t step, double lr, const at::Tensor& gradient_scale) override;
  // Of a matrix "second_moment_rows.NAME" and "second_moment_columns.NAME", else "second_moment.NAME".
  void save(StateDict& state) const override;
  void load(const StateDict& state) override;

 private:
  struct Factors {
    const Segment* segment;
    const SegmentView* view;
    at::Tensor rows, columns;
    std::string rows_name() const;
    std::string columns_name() const;
  };
  std::vector<Factors> factors_;
};

}  // namespace attend
