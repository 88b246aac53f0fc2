#include "attend/training/signals.h"

#include <cstdlib>

namespace attend {
namespace {

volatile std::sig_atomic_t requested_signal = 0;

extern "C" void remember_signal(int signal) {
  if (signal == SIGINT && requested_signal == SIGINT) std::_Exit(130);
  requested_signal = signal;
}

// A signal that the caller's shell ignores (a job in the background, nohup) stays ignored.
void install(int signal, struct sigaction& former) {
  struct sigaction wanted {};
  wanted.sa_handler = remember_signal;
  wanted.sa_flags = SA_RESTART;
  ::sigaction(signal, nullptr, &former);
  if (former.sa_handler != SIG_IGN) ::sigaction(signal, &wanted, nullptr);
}

}  // namespace

SignalGuard::SignalGuard() {
  requested_signal = 0;
  install(SIGINT, former_interrupt_);
  install(SIGTERM, former_terminate_);
}

SignalGuard::~SignalGuard() {
  ::sigaction(SIGINT, &former_interrupt_, nullptr);
  ::sigaction(SIGTERM, &former_terminate_, nullptr);
}

int SignalGuard::requested() { return requested_signal; }

}  // namespace attend
