#include "attend/training/signals.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ctime>

#include "attend/core/interrupt.h"

namespace attend {
namespace {

// `timeout` and some batch systems send a signal to a process and to its group: two within this time are one.
constexpr std::int64_t kSameSignal = 200'000'000;  // nanoseconds

std::atomic<std::int64_t> first_wish{0};  // when SIGINT or SIGTERM came first; 0: not yet

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec + 1;
}

int guards = 0;  // that live; they belong to the thread of the command

// A lost terminal is told of twice, by the system and by the shell, so SIGHUP never ends a training at once.
extern "C" void remember_signal(int signal) {
  set_interrupt_signal(signal);
  if (signal == SIGHUP) return;
  std::int64_t first = 0;
  if (first_wish.compare_exchange_strong(first, now())) return;
  if (now() - first > kSameSignal) ::_exit(128 + signal);
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
  if (guards++ > 0) return;  // the outer one listens already, and may have heard something
  set_interrupt_signal(0);
  first_wish = 0;
  for (std::size_t i = 0; i < kSignals.size(); ++i) install(kSignals[i], former_[i]);
}

SignalGuard::~SignalGuard() {
  if (--guards > 0) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &former_[i], nullptr);
  set_interrupt_signal(0);
}

}  // namespace attend
