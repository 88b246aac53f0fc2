// Parameter groups: which rule a parameter is trained under. The first group whose pattern matches its name counts; a
// parameter in no group follows the optimizer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/config/config.h"
#include "attend/tensor/segments.h"

namespace attend {

// True where the whole name matches; * stands for any characters, also for none.
bool matches_pattern(std::string_view name, std::string_view pattern);

// ConfigError: a pattern that matches no name (with the nearest ones), or groups that freeze everything.
void check_groups(const OptimizerConfig& config, const std::vector<std::string>& names);

// The weight decay of a group holds for all of its parameters. Where a group has none of its own, and outside of groups,
// it is the optimizer's under `decay: matrices | all`.
ParameterRule rule_of(const OptimizerConfig& config, const NamedParameter& parameter);

}  // namespace attend
