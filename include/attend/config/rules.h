// What several keys together must satisfy.
#pragma once

#include "attend/config/load.h"

namespace attend {

// `origins` holds only the keys that were named; `needs_data`: data.train and data.validation must be there.
void check_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems);

// Why this type cannot stand there ("cannot be causal"), or "".
std::string unfit_for(const AttentionAbilities& abilities, AttentionUse use);

}  // namespace attend
