// The limit of the fused attention kernel, which the rules of a config know too.
#pragma once

#include <cstdint>

namespace attend {

inline constexpr std::int64_t kMaxFusedHead = 256;  // most features of a head that the fused kernel takes

}  // namespace attend
