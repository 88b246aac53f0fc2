// Finds settings that are valid but hardly what anybody wants.
#pragma once

#include <string>
#include <vector>

#include "attend/config/config.h"

namespace attend {

// Returns warnings of one sentence each, for `config check` and for the start of a training. Examples: the training
// ends before the warm-up does, another limit cuts off the decay of the rate, checkpoints to be averaged are never
// saved, or training has prefixes and validation has none. Takes a resolved config.
std::vector<std::string> config_warnings(const Config& config);

// Returns the files that the config names and that do not exist.
std::vector<std::string> missing_files(const Config& config);

}  // namespace attend
