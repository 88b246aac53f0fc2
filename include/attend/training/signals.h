// SIGINT and SIGTERM ask a training to save and stop; a second SIGINT ends it at once.
#pragma once

#include <csignal>

namespace attend {

class SignalGuard {
 public:
  SignalGuard();   // installs the handlers
  ~SignalGuard();  // puts the former ones back
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
  // The signal that asked for a stop, or 0.
  static int requested();

 private:
  struct sigaction former_interrupt_ {}, former_terminate_ {};
};

}  // namespace attend
