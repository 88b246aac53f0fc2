// A signal asks the program to end (training/signals.h). Long work asks here now and then whether one came.
#pragma once

namespace attend {

// Thrown when work ends early because of a signal. It is not a std::exception, so nobody on the way up mistakes it for
// a fault.
struct Interrupted {
  int signal = 0;
};

// Returns the signal that asked for the end, or 0. Signal handlers may call set_interrupt_signal.
int interrupt_signal();
void set_interrupt_signal(int signal);
// Throws Interrupted when a signal has asked for the end.
void throw_if_interrupted();

}  // namespace attend
