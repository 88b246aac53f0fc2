#include "attend/cli/verbs.h"

namespace attend {

void add_tokenizer_verb(CLI::App&) {}

}  // namespace attend
