// Loops for every kind of x86 CPU, and for any other: a file NAME.inl of loops is compiled once for each target, in a
// namespace of that target with vectors as wide as its registers (vectors.inl), and ATTEND_CHOOSE takes the best one
// that runs here. No intrinsics. NAME.cpp reads
//
//   #include "NAME.h"
//   #include "simd.h"
//   #define ATTEND_LOOPS "NAME.inl"
//   #include "each_target.inl"
//   namespace attend::kernels { ATTEND_CHOOSE(float dot(const float* a, const float* b), dot_loop(a, b)) }
//
// Sums run over as many lanes as a register holds, so machines differ in their last bits, as they do in matrix
// products.
#pragma once

#include <c10/util/BFloat16.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

// GCC alone compiles one file for several CPUs by pragma.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ATTEND_X86_TARGETS 1
#endif
// What loops are made of: a function that stayed one would pass its vectors through memory.
#define ATTEND_INLINE inline __attribute__((always_inline))

namespace attend::kernels {

enum class SimdTarget { plain, avx2, avx512 };

// What this CPU has; ATEN_CPU_CAPABILITY=avx2 or =default in the environment takes less, here as in LibTorch.
inline SimdTarget best_target() {
#ifdef ATTEND_X86_TARGETS
  const char* wanted = std::getenv("ATEN_CPU_CAPABILITY");
  const bool plain = wanted != nullptr && std::strcmp(wanted, "default") == 0;
  const bool less = wanted != nullptr && std::strcmp(wanted, "avx2") == 0;
  if (!plain && !less && __builtin_cpu_supports("x86-64-v4")) return SimdTarget::avx512;
  if (!plain && __builtin_cpu_supports("x86-64-v3")) return SimdTarget::avx2;
#endif
  return SimdTarget::plain;
}
inline const SimdTarget kTarget = best_target();

}  // namespace attend::kernels

// Defines a function by the loop of the best target: the signature, then the call.
#ifdef ATTEND_X86_TARGETS
#define ATTEND_CHOOSE(signature, ...)                            \
  signature {                                                    \
    switch (::attend::kernels::kTarget) {                        \
      case ::attend::kernels::SimdTarget::avx512: return ::attend::kernels::avx512::__VA_ARGS__; \
      case ::attend::kernels::SimdTarget::avx2: return ::attend::kernels::avx2::__VA_ARGS__;     \
      case ::attend::kernels::SimdTarget::plain: break;          \
    }                                                            \
    return ::attend::kernels::plain::__VA_ARGS__;                \
  }
#else
#define ATTEND_CHOOSE(signature, ...) \
  signature { return ::attend::kernels::plain::__VA_ARGS__; }
#endif
