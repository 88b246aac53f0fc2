// Resolves device, precision and threads once, at start-up, from RuntimeConfig. Elsewhere new tensors take their
// options from tensors at hand; there is no global default device.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <exception>
#include <string>

#include "attend/config/config.h"

namespace attend {

struct Runtime {
  at::Device device = at::kCPU;
  at::ScalarType compute = at::kFloat;  // dtype of working weights and activations: kFloat or kBFloat16
  int threads = 1;                      // threads of one operation, or threads side by side on the rows of a batch
  std::string reason;                   // why this precision was chosen, for the log
};

// Sets the number of threads, flushes denormals, and resolves `auto`. UsageError for a device that is not there. Where
// several workers run side by side, they share the threads, and each gets at least one.
Runtime start_runtime(const RuntimeConfig& config, std::int64_t workers = 1);

// Returns true for what LibTorch, its libraries or the language throw when memory is used up. A smaller batch may still
// fit.
bool is_out_of_memory(const std::exception& error);
// Gives cached blocks of an accelerator back, so that smaller ones can be had. It has no effect on a CPU.
void release_cached_memory(const at::Device& device);

// Keeps large freed blocks in the process instead of giving them back to the system at every use: page faults cost half
// of a training step otherwise. It is called once, first thing in main(), and has no effect under another allocator
// than glibc's.
void keep_freed_memory();

}  // namespace attend
