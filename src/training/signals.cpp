#include "attend/training/signals.h"

#include <csignal>
#include <cstdlib>

namespace attend {
namespace {

volatile std::sig_atomic_t requested_signal = 0;

extern "C" void remember_signal(int signal) {
  if (signal == SIGINT && requested_signal == SIGINT) std::_Exit(130);
  requested_signal = signal;
}

}  // namespace

SignalGuard::SignalGuard() {
  requested_signal = 0;
  std::signal(SIGINT, remember_signal);
  std::signal(SIGTERM, remember_signal);
}

SignalGuard::~SignalGuard() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

int SignalGuard::requested() { return requested_signal; }

}  // namespace attend
