#include "attend/cli/verbs.h"

namespace attend {

void add_train_verb(CLI::App&) {}

}  // namespace attend
