// The toy variants of docs/adding-attention.md and docs/adding-position.md are the files that these tests compile.
#include <cstdlib>

#include "attend/core/file.h"
#include "tests/attention/subject.h"
#include "tests/attention/uniform.h"
#include "tests/position/log_distance.h"

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

// Self-attention with the toys in the places of their kinds.
Subject toy_subject() {
  Subject subject = make_subject({AttentionType::full, AttentionUse::decoder_self, PositionType::none});
  LayerPositions positions;
  positions.distance = std::make_shared<LogDistance>(6);
  const HeadShape shape{kModel, 6, 2, 4, false, false};
  auto mixer = std::make_shared<SelfAttention>(shape, AttentionSite{1, Site::self_attention, 0.0}, std::make_shared<UniformAttention>(), positions);
  const torch::NoGradGuard no_grad;
  const auto from = subject.mixer->named_parameters();
  for (auto& item : mixer->named_parameters()) item.value().copy_(from[item.key()]);
  subject.mixer = mixer;
  return subject;
}

}  // namespace

TEST_CASE("policy: the pages on adding a variant show the files that are compiled") {
  CHECK(snippet("docs/adding-attention.md", "tests/attention/uniform.h") == read("tests/attention/uniform.h"));
  CHECK(snippet("docs/adding-position.md", "tests/position/log_distance.h") == read("tests/position/log_distance.h"));
}

TEST_CASE("policy: the toy attention under the toy positions weighs keys by 1 / (1 + distance), cached or not") {
  const torch::NoGradGuard no_grad;
  const auto subject = toy_subject();
  const Given given = make_given(2, 9);
  const auto whole = run(subject, given);
  const auto weights = (1.0 / (1.0 + distances_of(9, 9).abs())).tril();
  const auto parameters = subject.mixer->named_parameters();
  const auto values = torch::matmul(given.x, parameters["qkv.weight"].narrow(0, 32, 8).t()).view({2, 9, 2, 4}).repeat_interleave(3, 2);
  const auto mixed = torch::einsum("ij,bjnh->binh", {(weights / weights.sum(1, true)).to(torch::kFloat), values});
  CHECK(difference(whole, torch::matmul(mixed.reshape({2, 9, 24}), parameters["out.weight"].t())) <= 1e-5);

  const auto state = subject.mixer->make_state({2, 1, 4});
  for (std::int64_t t = 0; t < 9; ++t) {
    Given part = given;
    part.x = given.x.narrow(1, t, 1);
    CHECK(difference(run(subject, part, state.get()), whole.narrow(1, t, 1)) <= 1e-5);
  }
}
