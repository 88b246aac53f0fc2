#include "attend/tensor/cpu.h"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace attend {
namespace {

#if defined(__x86_64__)

// XCR0: the register sets that the operating system saves (Intel SDM volume 1, chapter 13).
std::uint64_t saved_registers() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

bool bit(std::uint32_t word, int number) { return ((word >> number) & 1u) != 0; }

CpuFeatures detect() {
  CpuFeatures features;
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  const bool can_ask = __get_cpuid(1, &a, &b, &c, &d) != 0 && bit(c, 27);  // OSXSAVE
  if (!can_ask || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return features;
  const std::uint64_t saved = saved_registers();
  const bool ymm = (saved & 0x6) == 0x6, zmm = (saved & 0xE6) == 0xE6, tiles = (saved & 0x60000) == 0x60000;
  features.avx2 = ymm && bit(b, 5);
  features.avx512 = zmm && bit(b, 16) && bit(b, 30) && bit(b, 31);  // F, BW, VL
  features.amx_bf16 = tiles && bit(d, 22) && bit(d, 24);            // BF16, TILE
  const bool more = __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0;
  features.avx512_bf16 = features.avx512 && more && bit(a, 5);
  return features;
}

#else

CpuFeatures detect() { return {}; }

#endif

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

bool cpu_multiplies_bf16() { return cpu_features().amx_bf16 || cpu_features().avx512_bf16; }

std::string cpu_description() {
  const CpuFeatures& features = cpu_features();
  std::string text = features.avx2 ? "avx2" : "no AVX2";
  if (features.avx512) text += " avx512";
  if (features.avx512_bf16) text += " avx512_bf16";
  if (features.amx_bf16) text += " amx_bf16";
  return text;
}

}  // namespace attend
