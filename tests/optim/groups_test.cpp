// Parameter groups: patterns, rules, and what frozen means.
#include "attend/optim/groups.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/optim/optimizer.h"
#include "tests/support/options.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

ParameterGroupConfig group_of(std::string pattern, bool frozen = false) {
  ParameterGroupConfig group;
  group.pattern = std::move(pattern);
  group.frozen = frozen;
  return group;
}

std::vector<NamedParameter> group_parameters() {
  torch::manual_seed(4);
  std::vector<NamedParameter> parameters;
  for (const std::string name :
       {"embedding.weight", "encoder.layers.0.up.weight", "encoder.layers.0.up.bias", "decoder.layers.0.up.weight"})
    parameters.push_back(
        {name, torch::randn(name.ends_with("bias") ? std::vector<std::int64_t>{3} : std::vector<std::int64_t>{3, 2})});
  for (auto& parameter : parameters) parameter.tensor.requires_grad_(true);
  return parameters;
}

std::vector<std::string> names_of_all() {
  std::vector<std::string> names;
  for (const auto& parameter : group_parameters()) names.push_back(parameter.name);
  return names;
}

}  // namespace

TEST_CASE("groups: * stands for any characters, and the whole name must match") {
  const auto [name, pattern, matches] = GENERATE(table<std::string, std::string, bool>({
      {"encoder.layers.0.up.weight", "encoder.*", true},
      {"encoder.layers.0.up.weight", "*", true},
      {"encoder.layers.0.up.weight", "*.weight", true},
      {"encoder.layers.0.up.weight", "*layers.0*", true},
      {"encoder.layers.0.up.weight", "encoder.layers.0.up.weight", true},
      {"encoder.layers.0.up.weight", "enc*0*weight*", true},
      {"encoder.layers.0.up.weight", "**", true},
      {"encoder.layers.0.up.weight", "encoder", false},
      {"encoder.layers.0.up.weight", "ncoder.*", false},
      {"encoder.layers.0.up.weight", "*.bias", false},
      {"encoder.layers.0.up.weight", "encoder.*.weight.", false},
      {"encoder.layers.0.up.weight", "", false},
      {"aab", "*ab", true},
      {"abcabd", "*ab?", false},
      {"", "*", true},
  }));
  INFO(name << " against " << pattern);
  REQUIRE(matches_pattern(name, pattern) == matches);
}

TEST_CASE("groups: a pattern that matches nothing is an error with the nearest names") {
  OptimizerConfig config;
  config.groups = {group_of("encoder.*"), group_of("encoder.layer.0.up.weight")};
  REQUIRE_THROWS_AS(check_groups(config, names_of_all()), ConfigError);
  REQUIRE_THROWS_WITH(
      check_groups(config, names_of_all()),
      Catch::Contains("\"encoder.layer.0.up.weight\"") && Catch::Contains("nearest are encoder.layers.0.up.weight"));
  config.groups = {group_of("decodr.*")};
  REQUIRE_THROWS_WITH(check_groups(config, names_of_all()), Catch::Contains("nearest are decoder.layers.0.up.weight"));
  config.groups = {group_of("*", true)};
  REQUIRE_THROWS_WITH(check_groups(config, names_of_all()), Catch::Contains("freeze every parameter"));
  config.groups = {group_of("encoder.*", true), group_of("*")};
  REQUIRE_NOTHROW(check_groups(config, names_of_all()));
}

TEST_CASE("groups: the first that matches counts; its decay is everybody's, the optimizer's only where it has none") {
  OptimizerConfig config;
  config.weight_decay = 0.1;
  config.groups = {group_of("encoder.*"), group_of("*weight")};
  config.groups[0].lr_scale = 0.5;
  config.groups[0].weight_decay = 0.3;
  config.groups[1].lr_scale = 2;
  const auto parameters = group_parameters();
  REQUIRE(rule_of(config, parameters[0]) == ParameterRule{2, 0.1, false});
  REQUIRE(rule_of(config, parameters[1]) == ParameterRule{0.5, 0.3, false});
  REQUIRE(rule_of(config, parameters[2]) == ParameterRule{0.5, 0.3, false});
  config.groups.clear();
  REQUIRE(rule_of(config, parameters[2]) == ParameterRule{1, 0, false});
  config.decay = DecayTarget::all;
  REQUIRE(rule_of(config, parameters[2]) == ParameterRule{1, 0.1, false});
}

TEST_CASE("groups: what is frozen has no place, no gradient and no moments; lr_scale scales the step") {
  OptimizerConfig config;
  test::choose_optimizer(config, OptimizerType::sgd, {0.0, 0.0});
  config.groups = {group_of("encoder.*", true), group_of("decoder.*")};
  config.groups[1].lr_scale = 0.25;
  const auto parameters = group_parameters();
  std::vector<at::Tensor> before;
  for (const auto& parameter : parameters) before.push_back(parameter.tensor.detach().clone());
  auto segments = make_segments(parameters, {at::kFloat, [&](const NamedParameter& p) { return rule_of(config, p); }});
  REQUIRE(segments.size() == 2);
  const auto optimizer = make_optimizer(config, segments);
  for (const auto& parameter : parameters)
    if (parameter.tensor.requires_grad()) parameter.tensor.sum().backward();  // a gradient of ones
  optimizer->step(1, 0.5, torch::tensor(1.0f));
  const double step[] = {0.5, 0, 0, 0.125};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    REQUIRE(parameters[i].tensor.requires_grad() == (step[i] > 0));
    REQUIRE(parameters[i].tensor.grad().defined() == (step[i] > 0));
    REQUIRE(torch::equal(parameters[i].tensor, before[i] - step[i]));
  }
  StateDict state;
  optimizer->save(state);
  REQUIRE(state.tensors.size() == 2);
}
