#include "attend/kernels/gather.h"

#include <ATen/ATen.h>

#include "tests/support/test.h"

using namespace attend::kernels;

static at::Tensor numbers(const std::vector<std::int64_t>& rows) { return at::tensor(rows, at::kLong); }

TEST_CASE("gather: the live places of the rows asked for are those of index_select, whatever the shape and type") {
  at::manual_seed(5);
  for (const auto type : {at::kFloat, at::kBFloat16, at::kDouble, at::kBool})
    for (const auto& [sizes, axis] : std::vector<std::pair<std::vector<std::int64_t>, std::int64_t>>{
             {{6, 4, 32, 16}, 2}, {{6, 40}, 1}, {{6, 3, 5}, 2}, {{6, 7, 2, 3}, 1}})
      for (std::int64_t places = 0; places <= sizes[axis]; places += 2) {
        const at::Tensor x = at::randn(sizes).to(type);
        for (const auto& rows : {numbers({0, 0, 5, 3, 3, 3, 1, 2, 4}), numbers({5}), at::arange(6), numbers({})}) {
          const auto live = [&](const at::Tensor& y) { return y.narrow(axis, 0, places); };
          const at::Tensor fast = gather_rows(x, rows, {axis, places}),
                           plain = reference_gather_rows(x, rows, {axis, places});
          REQUIRE(fast.sizes() == plain.sizes());
          REQUIRE(at::equal(live(fast), live(plain)));
          REQUIRE(at::equal(live(fast), live(x.index_select(0, rows))));
        }
      }
}

TEST_CASE("gather: strided tensors are read as they are, and rows that do not exist are refused") {
  const at::Tensor wide = at::randn({4, 3, 8});
  const at::Tensor x = wide.transpose(0, 1), rows = numbers({2, 0});
  REQUIRE(at::equal(gather_rows(x, rows, {1, 4}), x.index_select(0, rows)));
  REQUIRE_THROWS(gather_rows(wide, numbers({4}), {1, 3}));
  REQUIRE_THROWS(gather_rows(wide, numbers({-1}), {1, 3}));
  REQUIRE_THROWS(gather_rows(wide, rows, {1, 4}));
}
