#include "attend/cli/verbs.h"

namespace attend {

void add_translate_verb(CLI::App&) {}

}  // namespace attend
