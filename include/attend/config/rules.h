// What several keys together must satisfy.
#pragma once

#include "attend/config/load.h"

namespace attend {

// Keys that another key's value makes meaningless (FieldVisitor::of): refused with the places of both. Those that a later file
// or --set took the meaning from get their defaults, as do all that stand in the file of a stored model.
enum class ForeignKeys { refused, dropped };
void settle_foreign_keys(Config& config, Origins& origins, ForeignKeys in_file, Problems& problems);

// `origins` holds only the keys that were named; `needs_data`: data.train and data.validation must be there.
void check_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems);

// Why this type cannot stand there ("cannot be causal"), or "".
std::string unfit_for(const AttentionAbilities& abilities, AttentionUse use);

}  // namespace attend
