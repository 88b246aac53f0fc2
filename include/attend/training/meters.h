// What happened since the last line of metrics. Sums stay on the device until somebody reads them. They are saved with
// a checkpoint, so a resumed run writes the same lines.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <vector>

#include "attend/core/json.h"
#include "attend/training/step.h"

namespace attend {

class Meters {
 public:
  // Adds an update. A skipped update adds to `skipped` and to the tokens, but not to loss and norm.
  void add(const UpdateResult& update, const std::vector<Batch>& batches);

  struct Mean {
    std::string name;  // name of a term of the loss
    double value = 0;  // sum / count; NaN when every update was skipped
  };
  struct Report {
    std::vector<Mean> terms;  // each divided by its own count, in the order of the terms
    double gradient_norm = 0, padding_ratio = 0;
    std::int64_t source_tokens = 0, target_tokens = 0, skipped = 0;

    double mean(std::string_view name) const;  // NaN when there is no such term
  };
  Report report() const;  // sync
  void reset() { *this = Meters(); }

  // Save and load the entry "meters" of state.json. load() throws ModelError when the entry is not what save() writes.
  void save(Json& state) const;  // sync
  void load(const Json& state);

 private:
  std::vector<std::string> names_;  // names of the terms
  at::Tensor sums_;                 // float64: norms, applied updates, then sum and count of each term
  std::int64_t updates_ = 0, source_tokens_ = 0, target_tokens_ = 0, padded_tokens_ = 0;
};

}  // namespace attend
