#include "attend/kernels/top_k.h"

#include <ATen/ATen.h>

#include <limits>

#include "attend/core/error.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::kernels;

TEST_CASE("top-k: the fast path equals log_softmax and topk, for every size around its blocks") {
  at::manual_seed(3);
  const std::vector<std::int32_t> never{0, 2};
  for (const std::int64_t vocabulary : {4, 15, 16, 17, 63, 64, 65, 127, 128, 1000, 10000})
    for (const std::int64_t count : {1, 2, 10, 64}) {
      const at::Tensor logits = at::randn({9, vocabulary}) * 4;
      const TopK fast = top_k(logits, count, never), plain = kernels::reference::top_k(logits, count, never);
      REQUIRE(fast.count == std::min(count, vocabulary - 2));
      REQUIRE(fast.ids == plain.ids);
      for (std::size_t i = 0; i < fast.log_probs.size(); ++i)
        REQUIRE(fast.log_probs[i] == Approx(plain.log_probs[i]).margin(5e-6));
    }
}

TEST_CASE("top-k: equal logits are taken in the order of their ids") {
  const TopK best = top_k(at::zeros({2, 300}), 5, std::vector<std::int32_t>{1});
  REQUIRE(best.ids == std::vector<std::int32_t>{0, 2, 3, 4, 5, 0, 2, 3, 4, 5});
  REQUIRE(best.log_probs.front() == Approx(-std::log(300.0)));
}

TEST_CASE("top-k: strided, bfloat16 and double logits give what their float32 copy gives") {
  at::manual_seed(4);
  const at::Tensor wide = at::randn({6, 2, 500});
  for (const auto type : {at::kFloat, at::kDouble, at::kBFloat16}) {
    const at::Tensor logits = wide.to(type).select(1, 1);
    const TopK a = top_k(logits, 7, {}), b = top_k(logits.to(at::kFloat).contiguous(), 7, {});
    REQUIRE(a.ids == b.ids);
    REQUIRE(a.log_probs == b.log_probs);
  }
}

TEST_CASE("top-k: extreme logits keep their log-probabilities") {
  at::Tensor logits = at::full({1, 200}, -1e30);
  logits[0][77] = 1e30;
  const TopK best = top_k(logits, 2, {});
  REQUIRE(best.ids[0] == 77);
  REQUIRE(best.log_probs[0] == 0.0f);
  logits.fill_(-std::numeric_limits<float>::infinity());
  logits[0][199] = 1.0;
  REQUIRE(top_k(logits, 1, {}).ids[0] == 199);
}

TEST_CASE("top-k: a NaN, an infinity or a row without a token is an error, not a translation") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const float bad : {inf, std::numeric_limits<float>::quiet_NaN()})
    for (const std::int64_t at : {0, 70, 199}) {
      at::Tensor logits = at::randn({3, 200});
      logits[1][at] = bad;
      REQUIRE_THROWS_AS(top_k(logits, 3, {}), ModelError);
      REQUIRE_THROWS_AS(kernels::reference::top_k(logits, 3, {}), ModelError);
    }
  REQUIRE_THROWS_AS(top_k(at::full({1, 200}, -inf), 3, {}), ModelError);
  REQUIRE_THROWS_AS(top_k(at::zeros({1, 2}), 3, std::vector<std::int32_t>{0, 1}), ModelError);
}
