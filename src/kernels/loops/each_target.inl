// Includes ATTEND_LOOPS once for each target (simd.h).

#define ATTEND_TARGET plain
#define ATTEND_LANES 4
#include "vectors.inl"
#include ATTEND_LOOPS
#undef ATTEND_TARGET
#undef ATTEND_LANES

#ifdef ATTEND_X86_TARGETS

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define ATTEND_TARGET avx2
#define ATTEND_LANES 8
#include "vectors.inl"
#include ATTEND_LOOPS
#undef ATTEND_TARGET
#undef ATTEND_LANES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define ATTEND_TARGET avx512
#define ATTEND_LANES 16
#include "vectors.inl"
#include ATTEND_LOOPS
#undef ATTEND_TARGET
#undef ATTEND_LANES
#pragma GCC pop_options

#endif
