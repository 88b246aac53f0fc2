#include "attend/cli/verbs.h"

namespace attend {

void add_model_verb(CLI::App&) {}

}  // namespace attend
