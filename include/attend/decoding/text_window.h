// Says what a token of a text sees. There is one definition for generating and for scoring text, whatever the batches,
// the prompts and the passes in which it is read.
//
// Place i = 0, 1, ... is that of the token that is read there, behind which the next one is predicted.
// Legend: C context, S stride, N keep_first.
//
// A model without a memory reads windows. Place i sees 0 .. N - 1 and first(i) .. i, numbered anew from 0:
//
//   first(i) = N                                 while i < C: it sees all of the text
//   first(i) = N + S ceil((i + 1 - C) / S)       then S tokens go whenever C are full, and C - S + 1 to C are seen
//
// A model with a memory reads segments of S tokens, as in training, and remembers C - S places in front of each:
//
//   first(i) = max(0, S floor(i / S) - (C - S))  what is remembered stays what it was when it was read
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attend/config/config.h"

namespace attend {

struct TextWindow {
  std::int64_t context = 256, stride = 128, keep_first = 0;
  bool remembers = false;

  std::int64_t first(std::int64_t place) const;
  // Returns the end of the places that have the same first() as this one.
  std::int64_t end(std::int64_t place) const;
  // Returns, for a model without a memory, the tokens that `place` sees: all before it and itself, but for those of
  // `keep_first` .. first(place) - 1.
  std::vector<std::int64_t> seen(std::span<const std::int64_t> text, std::int64_t place) const;
};

// The command line's choices; the model decides the rest.
struct WindowChoice {
  std::optional<std::int64_t> context, stride, keep_first;
};

// Returns the window. Unless chosen, the context is as long as in training, data.block_size and model.memory_length.
// The usual stride is a segment of training for a model with a memory; else it is half of what does not stay, rounded
// up. UsageError for what cannot be.
TextWindow text_window(const Config& config, const WindowChoice& choice);

}  // namespace attend
