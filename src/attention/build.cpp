#include "attend/attention/mechanism.h"
#include "attend/attention/mechanisms/full.h"
#include "attend/attention/mechanisms/linear.h"
#include "attend/attention/mechanisms/sliding_window.h"

namespace attend {

std::shared_ptr<AttentionMechanism> make_mechanism(const AttentionConfig& config) {
  switch (config.type) {
    case AttentionType::full: return std::make_shared<FullAttention>(config);
    case AttentionType::sliding_window: return std::make_shared<SlidingWindowAttention>(config);
    case AttentionType::linear: return std::make_shared<LinearAttention>(config);
  }
  TORCH_CHECK(false, "unreachable attention type");
}

}  // namespace attend
