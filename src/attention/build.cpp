#include "attend/attention/mechanism.h"
#include "attend/attention/mechanisms/full.h"
#include "attend/attention/mechanisms/linear.h"
#include "attend/attention/mechanisms/sliding_window.h"

namespace attend {
namespace {

// One overload a type: a type without one does not compile.
using Made = std::shared_ptr<AttentionMechanism>;
Made make(const FullOptions& options) { return std::make_shared<FullAttention>(options); }
Made make(const SlidingWindowOptions& options) { return std::make_shared<SlidingWindowAttention>(options); }
Made make(const LinearOptions& options) { return std::make_shared<LinearAttention>(options); }

}  // namespace

std::shared_ptr<AttentionMechanism> make_mechanism(const AttentionConfig& config) {
  return std::visit([](const auto& options) { return make(options); }, config.options);
}

}  // namespace attend
