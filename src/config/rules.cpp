#include "attend/config/rules.h"

#include "rule_book.h"

namespace attend {

void check_rules(const Config& config, const Origins& origins, bool needs_data, Problems& problems) {
  check_data_rules(config, origins, needs_data, problems);
  check_language_rules(config, origins, needs_data, problems);
  check_model_rules(config, origins, problems);
  check_training_rules(config, origins, problems);
  check_generation_rules(config, origins, problems);
}

}  // namespace attend
