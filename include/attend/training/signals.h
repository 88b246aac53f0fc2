// SIGINT, SIGTERM and SIGHUP ask a training to save and stop (core/interrupt.h). A second SIGINT or SIGTERM ends it at
// once.
#pragma once

#include <array>
#include <csignal>

namespace attend {

class SignalGuard {
 public:
  SignalGuard();   // installs the handlers
  ~SignalGuard();  // restores the former handlers
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> former_{};
};

}  // namespace attend
