#include "attend/optim/groups.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

const ParameterGroupConfig* group_of(const OptimizerConfig& config, std::string_view name) {
  for (const auto& group : config.groups)
    if (matches_pattern(name, group.pattern)) return &group;
  return nullptr;
}

// Up to three names, nearest first. The distance to "encoder.layer.0.*" is measured to the beginnings of names.
std::string nearest_names(std::string_view pattern, std::vector<std::string> names) {
  std::string word(pattern);
  while (word.ends_with('*')) word.pop_back();
  const bool open = word.size() < pattern.size();
  const auto distance = [&](const std::string& name) {
    return edit_distance(word, open ? std::string_view(name).substr(0, word.size()) : std::string_view(name));
  };
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  names.resize(std::min<std::size_t>(names.size(), 3));
  return join(names, ", ");
}

}  // namespace

bool matches_pattern(std::string_view name, std::string_view pattern) {
  // The last * can take one character more each time the rest fails, so no recursion is needed.
  std::size_t n = 0, p = 0, star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

void check_groups(const OptimizerConfig& config, const std::vector<std::string>& names) {
  for (const auto& group : config.groups) {
    const auto matches = [&](const std::string& name) { return matches_pattern(name, group.pattern); };
    if (std::none_of(names.begin(), names.end(), matches))
      throw ConfigError("[training.optimizer.groups] expected a pattern of parameters, got \"", group.pattern,
                        "\", which matches none; the nearest are ", nearest_names(group.pattern, names));
  }
  const auto frozen = [&](const std::string& name) {
    const auto* group = group_of(config, name);
    return group && group->frozen;
  };
  if (!names.empty() && std::all_of(names.begin(), names.end(), frozen))
    throw ConfigError(
        "[training.optimizer.groups] expected something left to train, got groups that freeze every parameter");
}

ParameterRule rule_of(const OptimizerConfig& config, const NamedParameter& parameter) {
  const bool decays = config.decay == DecayTarget::all || parameter.tensor.dim() >= 2;
  const double decay = decays ? config.weight_decay : 0.0;
  const auto* group = group_of(config, parameter.name);
  if (!group) return {1.0, decay, false};
  return {group->lr_scale, group->weight_decay.value_or(decay), group->frozen};
}

}  // namespace attend
