#include "attend/cli/verbs.h"

namespace attend {

void add_evaluate_verb(CLI::App&) {}

}  // namespace attend
