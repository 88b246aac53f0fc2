// Rules of the section `generation`.
#include <cmath>
#include <limits>

#include "attend/core/text.h"
#include "rule_book.h"

namespace attend {
namespace {

class GenerationRules : public RuleBook {
 public:
  using RuleBook::RuleBook;
  void check() {
    const GenerationConfig& generation = config_.generation;
    if (generation.min_new_tokens > generation.max_new_tokens)
      complain({"generation.min_new_tokens", "generation.max_new_tokens"},
               concat(generation.min_new_tokens, " is above the longest continuation: ",
                      other("generation.max_new_tokens", generation.max_new_tokens)));
    if (generation.keep_first > 0 && config_.model.memory_length > 0)
      complain({"generation.keep_first", "model.memory_length"},
               concat("a model with a memory forgets what is further back: ",
                      other("model.memory_length", config_.model.memory_length), "; choose 0"));
    for (const auto& [piece, bias] : generation.logit_bias)
      if (!parse_bias(bias))
        complain({"generation.logit_bias"},
                 concat("expected a number from -1000 to 1000 or -inf for \"", piece, "\", got \"", bias, "\""));
  }
};

}  // namespace

std::optional<double> parse_bias(std::string_view text) {
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  const auto number = parse_double(text);
  return number && std::abs(*number) <= 1000 ? number : std::nullopt;
}

void check_generation_rules(const Config& config, const Origins& origins, Problems& problems) {
  GenerationRules(config, origins, problems).check();
}

}  // namespace attend
