#include "attend/checkpoint/average.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;

TEST_CASE("average: the mean of each tensor, in its type") {
  ParameterMean mean;
  mean.add({{"a", torch::tensor({1.0f, 2.0f})}, {"b", torch::tensor(1e8f)}}, "first");
  mean.add({{"a", torch::tensor({3.0f, -2.0f})}, {"b", torch::tensor(1.0f)}}, "second");
  mean.add({{"a", torch::tensor({5.0f, 0.0f})}, {"b", torch::tensor(-1e8f)}}, "third");
  const auto values = mean.mean();
  CHECK(torch::equal(values.at("a"), torch::tensor({3.0f, 0.0f})));
  CHECK(values.at("b").item<float>() == 1.0f / 3.0f);  // float would have lost the 1
  CHECK(values.at("a").scalar_type() == at::kFloat);
}

TEST_CASE("average: models of other shapes have no mean") {
  ParameterMean mean;
  mean.add({{"a", torch::zeros({2})}, {"b", torch::zeros({2})}}, "first");
  CHECK_THROWS_WITH(mean.add({{"a", torch::zeros({2})}}, "second"), Catch::Contains("second"));
  CHECK_THROWS_WITH(mean.add({{"a", torch::zeros({2})}, {"b", torch::zeros({3})}}, "second"),
                    Catch::Contains("tensor b"));
  CHECK_THROWS_AS(mean.add({{"a", torch::zeros({2})}, {"c", torch::zeros({2})}}, "second"), ModelError);
}

TEST_CASE("average: what was added is not changed by what follows") {
  const auto first = torch::ones({2}, torch::kFloat64);
  ParameterMean mean;
  mean.add({{"a", first}}, "first");
  mean.add({{"a", first}}, "second");
  CHECK(torch::equal(first, torch::ones({2}, torch::kFloat64)));
}
