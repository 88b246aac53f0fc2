// What a config says that is no fault, and yet is hardly what somebody wants.
#pragma once

#include <string>
#include <vector>

#include "attend/config/config.h"

namespace attend {

// One sentence each, for `config check` and the beginning of a training: a warm-up that the training does not reach the end of,
// a decay that another limit cuts off, checkpoints to average that are never saved, prefixes in training and none in
// validation. The config is resolved.
std::vector<std::string> config_warnings(const Config& config);

// Files that the config names and that are not there.
std::vector<std::string> missing_files(const Config& config);

}  // namespace attend
