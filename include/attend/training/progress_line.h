// The line that a user watches while a training runs.
#pragma once

#include "attend/tasks/task.h"
#include "attend/training/meters.h"
#include "attend/training/state.h"

namespace attend {

// Returns "4:12" or "1:04:12".
std::string clock_text(double seconds);

struct ProgressInput {
  const TrainingState& state;
  const TrainingConfig& config;
  const Meters::Report& report;
  double epoch_part;
  double lr, tokens_per_second, seconds;
};
// Returns "update 1,200/2,800  epoch 5  loss 3.412  ppl 11.20  lr 3.0e-03  |g| 0.82  31,204 tok/s  left 4:12".
std::string progress_line(const ProgressInput& input);
// Returns exp(nll) with two decimals, or from a million on as a power of ten: "5.2e+21".
std::string perplexity_text(double nll);
// Returns "update 1,200  validation nll 2.0154  perplexity 7.50  bleu 33.12  (best)". If the metrics name a model, the
// name replaces the update.
std::string validation_line(const Metrics& metrics);

}  // namespace attend
