#include "elementwise_loops.h"

#include "simd.h"

#define ATTEND_LOOPS "elementwise_loops.inl"
#include "each_target.inl"

namespace attend::kernels::loops {

using Bf16 = c10::BFloat16;

ATTEND_CHOOSE(void scale(float* out, const float* x, std::int64_t n, const Survival& s), scale_loop(out, x, n, s))
ATTEND_CHOOSE(void scale(float* out, const Bf16* x, std::int64_t n, const Survival& s), scale_loop(out, x, n, s))
ATTEND_CHOOSE(void scale(Bf16* out, const float* x, std::int64_t n, const Survival& s), scale_loop(out, x, n, s))
ATTEND_CHOOSE(void scale(Bf16* out, const Bf16* x, std::int64_t n, const Survival& s), scale_loop(out, x, n, s))
ATTEND_CHOOSE(void add_scaled(float* out, const float* a, const float* b, std::int64_t n, const Survival& s),
              add_loop(out, a, b, n, s))
ATTEND_CHOOSE(void add_scaled(float* out, const float* a, const Bf16* b, std::int64_t n, const Survival& s),
              add_loop(out, a, b, n, s))
ATTEND_CHOOSE(void add_scaled(Bf16* out, const Bf16* a, const float* b, std::int64_t n, const Survival& s),
              add_loop(out, a, b, n, s))
ATTEND_CHOOSE(void add_scaled(Bf16* out, const Bf16* a, const Bf16* b, std::int64_t n, const Survival& s),
              add_loop(out, a, b, n, s))
ATTEND_CHOOSE(void activate(float* out, const float* x, const float* up, std::int64_t n, Activation f,
                            const Survival& s),
              activate_loop(out, x, up, n, f, s))
ATTEND_CHOOSE(void activate(Bf16* out, const Bf16* x, const Bf16* up, std::int64_t n, Activation f, const Survival& s),
              activate_loop(out, x, up, n, f, s))
ATTEND_CHOOSE(void activate_backward(float* dx, const float* x, const ActivationGradient<float>& g, std::int64_t n,
                                     Activation f, const Survival& s),
              backward_any(dx, x, g, n, f, s))
ATTEND_CHOOSE(void activate_backward(Bf16* dx, const Bf16* x, const ActivationGradient<Bf16>& g, std::int64_t n,
                                     Activation f, const Survival& s),
              backward_any(dx, x, g, n, f, s))
ATTEND_CHOOSE(void embed(float* out, const float* row, const float* position, std::int64_t n, const EmbedSurvival& s),
              embed_loop(out, row, position, n, s))
ATTEND_CHOOSE(void add(float* to, const float* from, std::int64_t n, float factor),
              add_product_loop(to, from, n, factor))

}  // namespace attend::kernels::loops
