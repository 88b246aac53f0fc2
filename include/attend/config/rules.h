// Checks the rules that several keys must satisfy together.
#pragma once

#include "attend/config/reader.h"

namespace attend {

// Handles foreign keys: keys that have no meaning because another key has a certain value (FieldVisitor::of). They are
// refused, and the message names the places of both keys. But a foreign key gets its default when the other key was set
// by a later file or --set. With `dropped`, as for the config of a stored model, every foreign key that is not a --set
// gets its default.
enum class ForeignKeys { refused, dropped };
// `of_types` are those that read_config() returns.
void settle_foreign_keys(Config& config, Origins& origins, const std::vector<ForeignKey>& of_types,
                         ForeignKeys in_file, Problems& problems);

// Checks all rules and adds faults to `problems`. `origins` contains only the keys that were named. `needs_data` says
// that data.train and data.validation must be present.
void check_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems);

// Returns why an attention type cannot be used there ("cannot be causal"), or "" when it can.
std::string unfit_for(const AttentionAbilities& abilities, AttentionUse use);

}  // namespace attend
