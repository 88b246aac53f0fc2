// Tells what this CPU can do, as far as Attend cares.
#pragma once

#include <string>

namespace attend {

// The instruction sets that both the CPU and the operating system offer.
struct CpuFeatures {
  bool avx2 = false, avx512 = false, avx512_bf16 = false, amx_bf16 = false;
};
const CpuFeatures& cpu_features();

// Returns true where products of bfloat16 matrices are faster than those of float32 ones: with AMX or AVX512-BF16.
bool cpu_multiplies_bf16();

// Returns the instruction sets in words: "avx2 avx512 avx512_bf16", or "no AVX2".
std::string cpu_description();

}  // namespace attend
