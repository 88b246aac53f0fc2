// Names the random draws of training. Every draw is a pure function of (seed, step, layer, site, row of the unsplit
// global batch, index inside the row), through the counter-based generator of core/philox.h. So masks are the same
// however a batch is split over micro-batches, retries or ranks, and nothing is saved but seed and step.
#pragma once

#include <cstdint>

namespace attend {

struct DrawKey {
  std::uint64_t seed = 0;
  std::int64_t step = 0;       // update, counted from 1
  std::int64_t first_row = 0;  // row of the global batch that is row 0 of the tensor at hand
};

// Says where in a layer something is drawn. A new site takes a new number; numbers never change.
enum class Site : std::uint8_t {
  embedding = 0,
  self_attention = 1,  // attention probabilities
  cross_attention = 2,
  activation = 3,
  after_self_attention = 4,  // residual dropouts
  after_cross_attention = 5,
  after_feed_forward = 6,
};

// Layers of the encoder count from 0, layers of the decoder from kDecoderLayer, so that no two share a mask.
inline constexpr int kDecoderLayer = 1 << 12;

enum class StackPart { encoder, decoder };

// A layer by its stack and its index there.
struct LayerPlace {
  StackPart stack = StackPart::encoder;
  std::int64_t index = 0;
  // The number of the layer in random draws.
  int number() const { return static_cast<int>(index) + (stack == StackPart::decoder ? kDecoderLayer : 0); }
};

struct DrawSite {
  DrawKey key;
  int layer = 0;
  Site site = Site::embedding;
};

// Dropout with probability p at a site. It is inactive when p is 0; evaluation passes p = 0.
struct Dropout {
  double p = 0;
  DrawSite site;
  bool active() const { return p > 0; }
};

}  // namespace attend
