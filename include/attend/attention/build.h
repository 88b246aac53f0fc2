// The one place where a config becomes a mixer. The models, the laws of tests/attention and the benchmarks build their
// layers here, so a mixer that is reached from here is trained, tested and measured.
#pragma once

#include <memory>

#include "attend/attention/mechanism.h"
#include "attend/attention/mixer.h"

namespace attend {

// All that is known of a mixer before it is built. The config is resolved, and the rows are those of this layer.
struct MixerPlan {
  const ModelConfig& model;
  const AttentionConfig& attention;
  const PositionConfig& position;  // not read in cross-attention, where no scheme acts
  AttentionUse use;
  LayerPlace place;
};

// Returns the mixer that the plan asks for. `lent` makes and keeps what layers of a stack share, such as T5's table.
std::shared_ptr<SequenceMixer> make_mixer(const MixerPlan& plan, StackPositions& lent);
// Returns the multi-head shell of the plan around a mechanism that the caller made.
std::shared_ptr<SequenceMixer> make_mixer(const MixerPlan& plan, StackPositions& lent,
                                          std::shared_ptr<AttentionMechanism> mechanism);

}  // namespace attend
