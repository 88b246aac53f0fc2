// Options of sliding-window attention.
#pragma once

#include "attend/config/attention/type.h"
#include "attend/config/field.h"

namespace attend {

struct SlidingWindowOptions {
  static constexpr EnumEntry<AttentionType> kRow{AttentionType::sliding_window, "sliding_window",
                                                 "the same over the keys nearer than `window`, itself included"};
  std::int64_t window = 128;

  constexpr AttentionAbilities abilities() const {
    return {.self_bidirectional = true, .self_causal = true, .cross = false, .incremental = true, .weights = true,
            .positions = kAllPositions, .sparse = true, .cost = "T W"};
  }
  template <class V>
  void visit(V& v) {
    v.field("window", window, "key j is visible to query i when |i - j| < window", Range{1, 1'000'000},
            Resume::refused);
  }
};

}  // namespace attend
