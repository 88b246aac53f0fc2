#include "attend/cli/verbs.h"

namespace attend {

void add_config_verb(CLI::App&) {}

}  // namespace attend
