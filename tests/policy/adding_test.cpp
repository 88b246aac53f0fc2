// The toy variants of docs/adding-attention.md and docs/adding-position.md are the files that these tests compile.
#include <cstdlib>

#include "attend/core/file.h"
#include "attend/attention/multi_head.h"
#include "tests/attention/subject.h"
// Under names of their own: whoever follows the pages has classes of these names in the library.
#define UniformAttention ToyUniformAttention
#define LogDistance ToyLogDistance
#define NeighbourAttention ToyNeighbourAttention
#include "tests/toys/log_distance.cpp"
#include "tests/toys/neighbours.cpp"
#include "tests/toys/uniform.cpp"

using namespace attend;
using namespace attend::test;

namespace {

std::string read(const std::string& name) {
  const char* checkout = std::getenv("ATTEND_SOURCE");
  return read_file(fs::path(checkout ? checkout : ".") / name, 1 << 20);
}

// What stands between ```cpp and ``` behind the comment that names a file.
std::string snippet(const std::string& page, const std::string& file) {
  const auto text = read(page);
  const auto mark = text.find("<!-- snippet: " + file);
  REQUIRE(mark != std::string::npos);
  const auto begin = text.find("```cpp\n", mark) + 7;
  return text.substr(begin, text.find("```", begin) - begin);
}

// Includes of the toys are those of the places where the pages put them.
std::string as_in_library(std::string text) {
  const std::pair<std::string, std::string> moved[] = {
      {"tests/toys/uniform.h", "attend/attention/mechanisms/uniform.h"},
      {"tests/toys/neighbours.h", "attend/attention/mechanisms/neighbours.h"},
      {"tests/toys/log_distance.h", "attend/position/log_distance.h"},
      {"src/attention/mechanisms/softmax.h", "softmax.h"}};
  for (const auto& [here, there] : moved)
    if (const auto at = text.find(here); at != std::string::npos) text.replace(at, here.size(), there);
  return text;
}

// Self-attention with a mechanism and positions of one's own, and the weights of every other of its shape.
Subject subject_of(std::shared_ptr<AttentionMechanism> mechanism, const LayerPositions& positions) {
  Subject subject = make_subject({AttentionType::full, AttentionUse::decoder_self, PositionType::none});
  const HeadShape shape{kModel, 6, 2, 4, false, false};
  auto mixer = std::make_shared<SelfAttention>(shape, AttentionSite{1, Site::self_attention, 0.0}, std::move(mechanism),
                                               positions);
  const torch::NoGradGuard no_grad;
  const auto from = subject.mixer->named_parameters();
  for (auto& item : mixer->named_parameters())
    if (const auto* weight = from.find(item.key())) item.value().copy_(*weight);
  subject.mixer = mixer;
  return subject;
}

}  // namespace

TEST_CASE("policy: the pages on adding a variant show the files that are compiled") {
  const std::pair<std::string, std::string> pages[] = {{"docs/adding-attention.md", "uniform"},
                                                       {"docs/adding-attention.md", "neighbours"},
                                                       {"docs/adding-position.md", "log_distance"}};
  for (const auto& [page, toy] : pages)
    for (const char* extension : {".h", ".cpp"}) {
      const auto file = "tests/toys/" + toy + extension;
      INFO(file);
      CHECK(snippet(page, file) == as_in_library(read(file)));
    }
}

TEST_CASE("policy: the toy attention under the toy positions weighs keys by 1 / (1 + distance), cached or not") {
  const torch::NoGradGuard no_grad;
  LayerPositions positions;
  positions.distance = std::make_shared<LogDistance>(6);
  const auto subject = subject_of(std::make_shared<UniformAttention>(), positions);
  const Given given = make_given(2, 9);
  const auto whole = run(subject, given);
  const auto weights = (1.0 / (1.0 + distances_of(9, 9).abs())).tril();
  const auto parameters = subject.mixer->named_parameters();
  const auto values =
      torch::matmul(given.x, parameters["qkv.weight"].narrow(0, 32, 8).t()).view({2, 9, 2, 4}).repeat_interleave(3, 2);
  const auto mixed = torch::einsum("ij,bjnh->binh", {(weights / weights.sum(1, true)).to(torch::kFloat), values});
  CHECK(difference(whole, torch::matmul(mixed.reshape({2, 9, 24}), parameters["out.weight"].t())) <= 1e-5);

  const auto state = subject.mixer->make_state({2, 1, 4});
  for (std::int64_t t = 0; t < 9; ++t) {
    Given part = given;
    part.x = given.x.narrow(1, t, 1);
    CHECK(difference(run(subject, part, state.get()), whole.narrow(1, t, 1)) <= 1e-5);
  }
}

TEST_CASE("policy: the toy with a plan of its own sees its block and the one before, fused, plain and cached") {
  const torch::NoGradGuard no_grad;
  const std::int64_t T = 19;
  const auto subject = subject_of(std::make_shared<NeighbourAttention>(), {});
  const Given given = make_given(2, T);
  const auto whole = run(subject, given);
  const auto parameters = subject.mixer->named_parameters();
  const auto qkv = torch::matmul(given.x, parameters["qkv.weight"].t()).view({2, T, 10, 4}).transpose(1, 2);
  const auto group = [&](std::int64_t first) { return qkv.narrow(1, first, 2).repeat_interleave(3, 1); };
  const auto place = torch::arange(T), block = place.div(4, "floor");
  const auto apart = block.unsqueeze(1) - block.unsqueeze(0);
  const auto seen = (place.unsqueeze(1) >= place.unsqueeze(0)).logical_and(apart <= 1);
  const auto scores = torch::matmul(qkv.narrow(1, 0, 6), group(6).transpose(2, 3)) / 2;
  const auto mixed = torch::matmul(torch::softmax(scores.masked_fill(~seen, -1e30), -1), group(8));
  const auto expected = torch::matmul(mixed.transpose(1, 2).reshape({2, T, 24}), parameters["out.weight"].t());
  CHECK(difference(whole, expected) <= 1e-5);

  const auto state = subject.mixer->make_state({2, 1, 4});
  for (std::int64_t t = 0; t < T; ++t) {
    Given part = given;
    part.x = given.x.narrow(1, t, 1);
    CHECK(difference(run(subject, part, state.get()), whole.narrow(1, t, 1)) <= 1e-5);
  }
  subject.mixer->to(torch::kDouble);
  Given plain = given;
  plain.x = given.x.to(torch::kDouble);
  CHECK(difference(run(subject, plain), expected.to(torch::kDouble)) <= 1e-5);
}

TEST_CASE("policy: the toy attention under relative positions is full attention whose queries are 0") {
  const torch::NoGradGuard no_grad;
  for (const auto type : {PositionType::relative_shaw, PositionType::relative_xl}) {
    StackPositions stack({kModel, 6, 4, false});
    const auto positions = stack.of_layer(law_position(type, 64));
    for (auto& weight : stack.parameters()) weight.normal_(0, 0.3);
    for (auto& weight : positions.relative->parameters()) weight.normal_(0, 0.3);
    const auto toy = subject_of(std::make_shared<UniformAttention>(), positions),
               full = subject_of(make_mechanism({6, 2, 4}, {}), positions);
    full.mixer->named_parameters()["qkv.weight"].narrow(0, 0, 24).zero_();
    const Given given = make_given(2, 9);
    CHECK(difference(run(toy, given), run(full, given)) <= 1e-6);
  }
}
