// Position schemes against the formulas of the paper.
#include "attend/position/position.h"

#include <torch/types.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "attend/core/error.h"
#include "tests/support/options.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

std::shared_ptr<InputPositions> sinusoidal(SinusoidLayout layout, std::int64_t size) {
  return make_input_positions(SinusoidalOptions{layout}, size);
}

bool close(const at::Tensor& a, const std::vector<double>& b, double tolerance) {
  return torch::allclose(a.to(torch::kDouble), torch::tensor(b, torch::kDouble), 0, tolerance);
}

}  // namespace

TEST_CASE("sinusoidal: the values of the paper in both layouts") {
  const auto halves = sinusoidal(SinusoidLayout::halves, 6), interleaved = sinusoidal(SinusoidLayout::interleaved, 6);
  REQUIRE(close(halves->rows(1, 1)[0], {0.8415, 0.0464, 0.0022, 0.5403, 0.9989, 1.0000}, 5e-5));
  REQUIRE(close(interleaved->rows(1, 1)[0], {0.8415, 0.5403, 0.0464, 0.9989, 0.0022, 1.0000}, 5e-5));
  REQUIRE(close(halves->rows(0, 1)[0], {0, 0, 0, 1, 1, 1}, 0));
}

TEST_CASE("sinusoidal: frequencies fall geometrically, the last is 10000^(2/d - 1)") {
  for (const std::int64_t d : {6, 64, 512}) {
    const auto row = sinusoidal(SinusoidLayout::halves, d)->rows(1, 1)[0];
    const double last = std::asin(row[d / 2 - 1].item<double>());
    REQUIRE(last == Approx(1e-4 * std::pow(10000.0, 2.0 / static_cast<double>(d))).epsilon(1e-4));
  }
}

TEST_CASE("sinusoidal: a shift by k is one rotation, wherever it happens") {
  const std::int64_t d = 32, k = 5;
  const auto rows = sinusoidal(SinusoidLayout::halves, d)->rows(0, 400).to(torch::kDouble);
  const auto turn = torch::exp(torch::arange(0, d, 2, torch::kDouble) * (-std::log(10000.0) / d)) * k;
  const auto sine = rows.narrow(1, 0, d / 2), cosine = rows.narrow(1, d / 2, d / 2);
  const auto turned = torch::cat({sine * turn.cos() + cosine * turn.sin(), cosine * turn.cos() - sine * turn.sin()}, 1);
  REQUIRE(torch::allclose(turned.narrow(0, 0, 400 - k), rows.narrow(0, k, 400 - k), 0, 1e-6));
}

TEST_CASE("positions: rows at explicit positions are the rows of those positions") {
  const auto type = GENERATE(PositionType::sinusoidal, PositionType::learned);
  const auto scheme = make_input_positions(test::position_of(type, 700), 8);
  torch::NoGradGuard no_grad;
  for (auto& table : scheme->parameters()) table.normal_();
  const auto all = scheme->rows(0, 700), some = scheme->rows_at(torch::tensor({{0, 3, 699}, {5, 5, 1}}, torch::kLong));
  REQUIRE(torch::equal(some[0][2], all[699]));
  REQUIRE(torch::equal(some[1][0], all[5]));
  REQUIRE(torch::equal(scheme->rows(600, 5), all.narrow(0, 600, 5)));
}

TEST_CASE("learned: a text that is longer than the table is a data error that names the remedy") {
  const auto learned = make_input_positions(LearnedOptions{4}, 8);
  REQUIRE(learned->rows(0, 4).sizes() == at::IntArrayRef({4, 8}));
  REQUIRE_THROWS_AS(learned->rows(2, 3), DataError);
  REQUIRE_THROWS_AS(learned->rows_at(torch::tensor({{0, 4}}, torch::kLong)), DataError);
  REQUIRE_THROWS_WITH(learned->rows(0, 5), Catch::Contains("model.position.max_length"));
}

TEST_CASE("none: nothing is added") { REQUIRE(make_input_positions(NoPositionOptions{}, 8) == nullptr); }

TEST_CASE("sinusoidal: rows read while another thread makes the table longer are right") {
  const auto shared = sinusoidal(SinusoidLayout::halves, 8);
  const auto expected = sinusoidal(SinusoidLayout::halves, 8)->rows(0, 4096);
  std::atomic<bool> wrong{false};
  const auto read = [&](std::int64_t step) {
    for (std::int64_t length = step; length <= 4096; length += step)
      if (!torch::equal(shared->rows(length - step, step), expected.narrow(0, length - step, step))) wrong = true;
  };
  std::thread other(read, 64);
  read(32);
  other.join();
  REQUIRE_FALSE(wrong);
}
