// The names of the position schemes, and where each acts.
#pragma once

namespace attend {

// The order is that of PositionConfig's variant.
enum class PositionType { sinusoidal, learned, relative_shaw, relative_t5, relative_xl, rope, alibi, none };

// Where a position scheme acts: on the embeddings at the input of a stack; on queries and keys of each layer (rotary);
// on scores, by distance alone; or on scores, by distance and query.
enum class PositionKind { none, input, rotary, distance_bias, relative_scores };

}  // namespace attend
