// Parameter groups say under which rule a parameter is trained. The first group whose pattern matches its name counts.
// A parameter in no group follows the optimizer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attend/config/config.h"
#include "attend/tensor/segments.h"

namespace attend {

// Returns true where the whole name matches; * stands for any characters, or for none.
bool matches_pattern(std::string_view name, std::string_view pattern);

// Throws ConfigError for a pattern that matches no name (the message has the nearest ones), and for groups that freeze
// everything.
void check_groups(const OptimizerConfig& config, const std::vector<std::string>& names);

// Returns the rule of a parameter. The weight decay of a group holds for all of its parameters. Where a group has none
// of its own, and outside of groups, it is the optimizer's under `decay: matrices | all`.
ParameterRule rule_of(const OptimizerConfig& config, const NamedParameter& parameter);

}  // namespace attend
