// Segments and the optimizers that update them.
#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/optim/groups.h"
#include "attend/optim/optimizer.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

std::vector<NamedParameter> make_parameters() {
  torch::manual_seed(4);
  std::vector<NamedParameter> parameters{
      {"a", torch::randn({3, 5})}, {"b", torch::randn({7})}, {"c", torch::randn({2, 2})}};
  for (auto& parameter : parameters) parameter.tensor.requires_grad_(true);
  return parameters;
}

OptimizerConfig config_of(OptimizerType type, DecayTarget decay) {
  OptimizerConfig config;
  config.choose(type);
  config.weight_decay = 0.1;
  config.decay = decay;
  return config;
}

std::vector<Segment> segments_of(const std::vector<NamedParameter>& parameters, const OptimizerConfig& config,
                                 at::ScalarType compute = at::kFloat) {
  return make_segments(parameters, {compute, [&](const NamedParameter& p) { return rule_of(config, p); }});
}

// Adds the gradient of sum(square(p)) / 2, which is p.
void add_gradients(const std::vector<NamedParameter>& parameters) {
  for (const auto& parameter : parameters) parameter.tensor.square().sum().mul(0.5).backward();
}

}  // namespace

TEST_CASE("segments: leaves keep identity and values, and gradients add up in the flat buffer") {
  const auto parameters = make_parameters();
  std::vector<at::Tensor> before;
  for (const auto& parameter : parameters) before.push_back(parameter.tensor.detach().clone());
  auto segments = make_segments(parameters, {});
  REQUIRE(segments.size() == 1);
  REQUIRE_FALSE(segments[0].working.defined());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    REQUIRE(parameters[i].tensor.is_leaf());
    REQUIRE(parameters[i].tensor.requires_grad());
    REQUIRE(torch::equal(parameters[i].tensor, before[i]));
    REQUIRE(Segment::view(segments[0].weights, segments[0].views[i]).data_ptr() == parameters[i].tensor.data_ptr());
  }
  add_gradients(parameters);
  add_gradients(parameters);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    REQUIRE(torch::allclose(Segment::view(segments[0].gradients, segments[0].views[i]), 2 * before[i]));
  const double square = segments[0].gradients.square().sum().item<double>();
  REQUIRE(gradient_norm(segments).item<double>() == Approx(std::sqrt(square)));
  segments[0].weights.fill_(7);
  REQUIRE(parameters[1].tensor.eq(7).all().item<bool>());
}

TEST_CASE("segments: working copies are the rounded weights, also after an update and a refresh") {
  const auto parameters = make_parameters();
  const auto config = config_of(OptimizerType::adam, DecayTarget::all);
  auto segments = segments_of(parameters, config, at::kBFloat16);
  const auto optimizer = make_optimizer(config, segments);
  const auto require_rounded = [&] {
    for (const auto& parameter : parameters)
      REQUIRE(torch::equal(working_copy_of(segments, parameter.tensor), parameter.tensor.detach().to(at::kBFloat16)));
  };
  require_rounded();
  add_gradients(parameters);
  optimizer->step(1, 0.01, torch::tensor(1.0f));
  require_rounded();
  segments[0].weights.mul_(3);
  refresh_working(segments);
  require_rounded();
  REQUIRE_FALSE(working_copy_of(segments, torch::zeros({2})).defined());
}

TEST_CASE("optimizer: decay falls on matrices, or on everything") {
  const auto matrices = segments_of(make_parameters(), config_of(OptimizerType::adamw, DecayTarget::matrices));
  REQUIRE(matrices.size() == 2);
  REQUIRE(matrices[0].weight_decay == 0.1);
  REQUIRE(matrices[0].views.size() == 2);
  REQUIRE(matrices[1].weight_decay == 0.0);
  REQUIRE(matrices[1].views.at(0).name == "b");
  REQUIRE(segments_of(make_parameters(), config_of(OptimizerType::adamw, DecayTarget::all)).size() == 1);
}

TEST_CASE("optimizer: the first step of Adam goes lr against the sign; AdamW also shrinks by lr x decay") {
  const auto type = GENERATE(OptimizerType::adam, OptimizerType::adamw);
  const auto parameters = make_parameters();
  const auto before = parameters[0].tensor.detach().clone();
  const auto config = config_of(type, DecayTarget::matrices);
  auto segments = segments_of(parameters, config);
  add_gradients(parameters);
  make_optimizer(config, segments)->step(1, 0.01, torch::tensor(0.5f));
  const double shrink = type == OptimizerType::adamw ? 1 - 0.01 * 0.1 : 1.0;
  REQUIRE(torch::allclose(parameters[0].tensor, before * shrink - 0.01 * before.sign(), 1e-4, 1e-6));
}

TEST_CASE("optimizer: what is saved and loaded goes on as if nothing had happened, under every type") {
  const auto config = config_of(GENERATE(from_range(values_of<OptimizerType>())), DecayTarget::matrices);
  INFO(name_of(config.type()));
  const auto parameters = make_parameters(), others = make_parameters();
  auto segments = segments_of(parameters, config), copies = segments_of(others, config);
  const auto optimizer = make_optimizer(config, segments), fresh = make_optimizer(config, copies);
  const auto step = [](const auto& of, Optimizer& by, std::vector<Segment>& in, std::int64_t number) {
    for (auto& segment : in) segment.gradients.zero_();
    add_gradients(of);
    by.step(number, 0.05, torch::tensor(1.0f));
  };
  for (std::int64_t t = 1; t <= 3; ++t) step(parameters, *optimizer, segments, t);
  StateDict state;
  optimizer->save(state);
  REQUIRE(state.tensors.size() >= parameters.size());
  for (std::size_t i = 0; i < segments.size(); ++i) copies[i].weights.copy_(segments[i].weights);
  fresh->load(state);
  step(parameters, *optimizer, segments, 4);
  step(others, *fresh, copies, 4);
  for (std::size_t i = 0; i < segments.size(); ++i) REQUIRE(torch::equal(copies[i].weights, segments[i].weights));

  for (const auto& [name, tensor] : state.tensors) {
    StateDict broken = state;
    broken.tensors.erase(name);
    REQUIRE_THROWS_AS(fresh->load(broken), ModelError);
    broken.tensors[name] = torch::zeros({2, 9});
    REQUIRE_THROWS_WITH(fresh->load(broken), Catch::Contains(name));
  }
}

TEST_CASE("optimizer: a factor that is no number changes nothing, in any type, on either path") {
  const auto config = config_of(GENERATE(from_range(values_of<OptimizerType>())), DecayTarget::all);
  const auto type = GENERATE(at::kFloat, at::kDouble);  // the fast pass and the plain one
  INFO(name_of(config.type()));
  auto parameters = make_parameters();
  for (auto& parameter : parameters) parameter.tensor = parameter.tensor.detach().to(type).requires_grad_(true);
  auto segments = segments_of(parameters, config);
  const auto optimizer = make_optimizer(config, segments);
  add_gradients(parameters);
  optimizer->step(1, 0.01, torch::tensor(1.0f));
  const auto snapshot = [&] {
    StateDict state;
    optimizer->save(state);
    for (const auto& parameter : parameters) state.tensors[parameter.name] = parameter.tensor.detach();
    for (auto& [name, tensor] : state.tensors) tensor = tensor.clone();
    return state.tensors;
  };
  const auto before = snapshot();
  parameters[0].tensor.mutable_grad().fill_(std::numeric_limits<double>::infinity());
  for (const float factor : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    optimizer->step(2, 0.01, torch::tensor(factor));
  for (const auto& [name, tensor] : snapshot()) {
    INFO(name);
    REQUIRE(torch::equal(tensor, before.at(name)));
  }
}

TEST_CASE("optimizer: Adafactor keeps of a matrix a number a row and a number a column") {
  const auto config = config_of(OptimizerType::adafactor, DecayTarget::matrices);
  auto segments = segments_of(make_parameters(), config);
  StateDict state;
  make_optimizer(config, segments)->save(state);
  REQUIRE(state.tensors.at("second_moment_rows.a").sizes() == at::IntArrayRef({3}));
  REQUIRE(state.tensors.at("second_moment_columns.a").sizes() == at::IntArrayRef({5}));
  REQUIRE(state.tensors.at("second_moment.b").sizes() == at::IntArrayRef({7}));
}
