#include "attend/core/interrupt.h"

#include <atomic>

namespace attend {
namespace {

std::atomic<int> requested{0};
static_assert(std::atomic<int>::is_always_lock_free, "a handler of signals must not wait");

}  // namespace

int interrupt_signal() { return requested.load(std::memory_order_relaxed); }
void set_interrupt_signal(int signal) { requested.store(signal, std::memory_order_relaxed); }

void throw_if_interrupted() {
  if (const int signal = interrupt_signal(); signal != 0) throw Interrupted{signal};
}

}  // namespace attend
