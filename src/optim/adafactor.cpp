#include "adafactor.h"

#include <torch/types.h>

#include "attend/kernels/optimizer.h"
#include "moments.h"

namespace attend {

std::string Adafactor::Factors::rows_name() const {
  return (columns.defined() ? "second_moment_rows." : "second_moment.") + view->name;
}
std::string Adafactor::Factors::columns_name() const { return "second_moment_columns." + view->name; }

Adafactor::Adafactor(std::vector<Segment>& segments) {
  for (const auto& segment : segments)
    for (const auto& view : segment.views) {
      const auto options = segment.weights.options();
      const bool matrix = view.shape.size() == 2;
      factors_.push_back({&segment, &view, torch::zeros(matrix ? std::vector{view.shape[0]} : view.shape, options),
                          matrix ? torch::zeros({view.shape[1]}, options) : at::Tensor()});
    }
}

void Adafactor::step(std::int64_t step, double lr, const at::Tensor& gradient_scale) {
  for (const auto& [segment, view, rows, columns] : factors_) {
    const auto working = segment->working.defined() ? Segment::view(segment->working, *view) : at::Tensor();
    kernels::adafactor(
        {Segment::view(segment->weights, *view), Segment::view(segment->gradients, *view), rows, columns, working},
        gradient_scale, {lr * segment->lr_scale, segment->weight_decay, step});
  }
}

void Adafactor::save(StateDict& state) const {
  for (const auto& factor : factors_) {
    state.tensors[factor.rows_name()] = factor.rows;
    if (factor.columns.defined()) state.tensors[factor.columns_name()] = factor.columns;
  }
}

void Adafactor::load(const StateDict& state) {
  for (const auto& factor : factors_) {
    load_moment(state, factor.rows_name(), factor.rows);
    if (factor.columns.defined()) load_moment(state, factor.columns_name(), factor.columns);
  }
}

}  // namespace attend
