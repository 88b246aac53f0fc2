// A signal asks for the end (training/signals.h), and long work asks now and then whether one did.
#pragma once

namespace attend {

// Thrown where work ends early for a signal. No std::exception: on its way up nobody takes it for a fault.
struct Interrupted {};

// The signal that asked for the end, or 0. To set it is allowed in a handler of signals.
int interrupt_signal();
void set_interrupt_signal(int signal);
void throw_if_interrupted();

}  // namespace attend
