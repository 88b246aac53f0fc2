#include "attend/kernels/attention.h"

#include <ATen/Functions.h>

#include "tests/kernels/compare.h"

using namespace attend;
using namespace attend::test;
using kernels::AttentionArguments;

namespace {

struct Case {
  std::int64_t B, N, M, Tq, Tk, H;
};
const std::vector<Case> kCases = {{2, 4, 4, 14, 14, 32}, {2, 4, 2, 5, 9, 16},     {1, 3, 1, 33, 17, 20},
                                  {2, 1, 1, 1, 40, 8},   {1, 2, 2, 70, 300, 64},  {1, 2, 1, 150, 150, 33},
                                  {3, 2, 2, 7, 1, 4},    {2, 4, 4, 1, 40, 32},    {3, 4, 2, 1, 7, 32},
                                  {1, 4, 1, 2, 300, 64}, {2, 2, 2, 8, 131, 20},  // few queries
                                  {1, 2, 1, 35, 40, 80}, {1, 2, 2, 34, 131, 128}, {1, 1, 1, 9, 20, 256}};

std::vector<at::Tensor> inputs_of(const Case& c, at::ScalarType type) {
  return {random({c.B, c.N, c.Tq, c.H}, type), random({c.B, c.M, c.Tk, c.H}, type),
          random({c.B, c.M, c.Tk, c.H}, type)};
}

AttentionArguments arguments(const std::vector<at::Tensor>& x, const AttentionArguments& options) {
  AttentionArguments a = options;
  a.q = x[0], a.k = x[1], a.v = x[2];
  return a;
}

// Lengths that differ per sentence, a hole in the middle, and a sentence without keys.
at::Tensor some_keys(std::int64_t B, std::int64_t Tk) {
  at::Tensor valid = at::rand({B, Tk}).gt(0.2);
  for (std::int64_t b = 0; b < B; ++b) valid[b].slice(0, Tk - b * Tk / (2 * B)).fill_(false);
  if (B > 2) valid[B - 1].fill_(false);
  return valid;
}

}  // namespace

TEST_CASE("attention: fused equals reference") {
  for (const Case& c : kCases)
    for (const bool causal : {false, true})
      for (const bool padded : {false, true})
        for (const double p : {0.0, 0.3})
          for (const auto type : {at::kFloat, at::kBFloat16}) {
            INFO("B N M Tq Tk H " << c.B << " " << c.N << " " << c.M << " " << c.Tq << " " << c.Tk << " " << c.H
                                  << " causal " << causal << " padded " << padded << " dropout " << p << " " << type);
            AttentionArguments options;
            options.causal = causal;
            options.scale = 0.3;
            options.dropout = make_dropout(p);
            if (padded) options.key_valid = some_keys(c.B, c.Tk);
            const auto inputs = inputs_of(c, type);
            require_same([&](auto& x) { return kernels::fused_attention(arguments(x, options)).out; },
                         [&](auto& x) { return kernels::reference_attention(arguments(x, options)).out; }, inputs,
                         type == at::kFloat ? 1e-5 : 2e-2);
            const at::Tensor got = kernels::fused_attention(arguments(inputs, options)).log_sum_exp,
                             expected = kernels::reference_attention(arguments(inputs, options)).log_sum_exp;
            CHECK(at::isneginf(got).equal(at::isneginf(expected)));
            CHECK(difference(got.nan_to_num(0, 0, 0), expected.nan_to_num(0, 0, 0)) < 1e-4);
          }
}

TEST_CASE("attention: a gradient through the log-sum-exp, fused equals reference") {
  for (const Case& c : kCases)
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      INFO("B N M Tq Tk H " << c.B << " " << c.N << " " << c.M << " " << c.Tq << " " << c.Tk << " " << c.H << " "
                            << type);
      AttentionArguments options;
      options.scale = 0.3;
      options.key_valid = some_keys(c.B, c.Tk);
      options.dropout = make_dropout(0.3);
      const auto both = [](const at::Tensor& out, const at::Tensor& lse) {
        return out + lse.masked_fill(at::isneginf(lse), 0.0).unsqueeze(-1).to(out.scalar_type());
      };
      require_same(
          [&](auto& x) {
            const auto result = kernels::fused_attention(arguments(x, options));
            return both(result.out, result.log_sum_exp);
          },
          [&](auto& x) {
            const auto result = kernels::reference_attention(arguments(x, options));
            return both(result.out, result.log_sum_exp);
          },
          inputs_of(c, type), type == at::kFloat ? 2e-5 : 3e-2);
    }
}

TEST_CASE("attention: results over two sets of keys, merged, are the result over all keys, gradients included") {
  for (const Case& c : kCases)
    for (const bool causal : {false, true}) {
      INFO("B N M Tq Tk H " << c.B << " " << c.N << " " << c.M << " " << c.Tq << " " << c.Tk << " " << c.H << " causal "
                            << causal);
      AttentionArguments whole;
      whole.causal = causal;
      whole.scale = 0.3;
      whole.key_valid = some_keys(c.B, c.Tk);
      whole.dropout = make_dropout(0.3);
      AttentionArguments one = whole, other = whole;
      const at::Tensor chosen = at::rand({c.B, c.Tk}).gt(0.5);
      one.key_valid = whole.key_valid.logical_and(chosen);
      other.key_valid = whole.key_valid.logical_and(chosen.logical_not());
      const auto expected = [&](auto& x) { return kernels::reference_attention(arguments(x, whole)).out; };
      require_same(
          [&](auto& x) {
            return kernels::merge(kernels::fused_attention(arguments(x, one)),
                                  kernels::fused_attention(arguments(x, other)))
                .out;
          },
          expected, inputs_of(c, at::kFloat), 2e-5);
      const auto inputs = inputs_of(c, at::kFloat);
      const auto merged = kernels::merge(kernels::fused_attention(arguments(inputs, one)),
                                         kernels::fused_attention(arguments(inputs, other)));
      const auto lse = kernels::fused_attention(arguments(inputs, whole)).log_sum_exp;
      CHECK(at::isneginf(merged.log_sum_exp).equal(at::isneginf(lse)));
      CHECK(difference(merged.log_sum_exp.nan_to_num(0, 0, 0), lse.nan_to_num(0, 0, 0)) < 1e-4);
    }
}

TEST_CASE("attention: windows, segments and a bias by distance, fused equals reference where tiles end and begin") {
  const auto kind = GENERATE(0, 1, 2);
  const auto type = GENERATE(at::kFloat, at::kBFloat16);
  const bool causal = GENERATE(true, false);
  for (const std::int64_t H : {20, 32, 64, 96}) {
    INFO("kind " << kind << " " << type << " causal " << causal << " H " << H);
    const Case c{2, 4, 2, 203, 203, H};
    AttentionArguments options;
    options.causal = causal;
    options.scale = 0.2;
    options.dropout = make_dropout(0.1);
    if (kind == 0) options.plan.window = 37;
    if (kind == 1) options.segments = at::randint(0, 60, {2, 203}).eq(0).cumsum(1);
    auto inputs = inputs_of(c, type);
    if (kind == 2) inputs.push_back(random({4, 2 * 203 - 1}));
    const auto with_bias = [&](auto& x) {
      auto a = arguments(x, options);
      if (kind == 2) a.distance_bias = x[3];
      return a;
    };
    require_same([&](auto& x) { return kernels::fused_attention(with_bias(x)).out; },
                 [&](auto& x) { return kernels::reference_attention(with_bias(x)).out; }, inputs,
                 type == at::kFloat ? 1e-5 : 2e-2);
  }
}

namespace {

// Blocks drawn at random, each row and head its own where it may be: some rows read nothing.
kernels::KeyPlan drawn_plan(const Case& c, std::int64_t block, bool shared) {
  const std::int64_t count = (c.Tk + block - 1) / block;
  kernels::KeyPlan plan;
  plan.block = block;
  const auto chosen = at::rand({shared ? 1 : c.B, shared ? 1 : c.N, count, count}).lt(0.4);
  const auto numbers = at::where(chosen, at::arange(count), count).to(at::kInt);
  const auto sorted = std::get<0>(numbers.sort(3));
  plan.key_blocks = at::where(sorted.eq(count), -1, sorted).to(at::kInt);
  return plan;
}

}  // namespace

TEST_CASE("attention: a plan of key blocks, fused equals reference, whatever else leaves keys out") {
  for (const std::int64_t block : {1, 7, 16, 32, 48, 64, 300})
    for (const Case& c : {Case{2, 4, 2, 203, 203, 32}, Case{2, 2, 1, 40, 170, 20}, Case{3, 2, 2, 1, 90, 64}})
      for (const int kind : {0, 1, 2, 3})
        for (const auto type : {at::kFloat, at::kBFloat16}) {
          if (kind == 2 && c.Tq != c.Tk) continue;
          INFO("block " << block << " Tq " << c.Tq << " Tk " << c.Tk << " kind " << kind << " " << type);
          AttentionArguments options;
          options.scale = 0.3;
          options.causal = kind != 1;
          options.plan = drawn_plan(c, block, kind == 0);
          options.dropout = make_dropout(kind == 3 ? 0.2 : 0.0);
          if (kind == 1) options.key_valid = some_keys(c.B, c.Tk);
          if (kind == 2) options.segments = at::randint(0, 60, {c.B, c.Tk}).eq(0).cumsum(1);
          if (kind == 3) options.plan.window = 70;
          auto inputs = inputs_of(c, type);
          if (kind == 0) inputs.push_back(random({c.N, c.Tq + c.Tk - 1}));
          const auto with_bias = [&](auto& x) {
            auto a = arguments(x, options);
            if (kind == 0) a.distance_bias = x[3];
            return a;
          };
          require_same([&](auto& x) { return kernels::fused_attention(with_bias(x)).out; },
                       [&](auto& x) { return kernels::reference_attention(with_bias(x)).out; }, inputs,
                       type == at::kFloat ? 1e-5 : 2e-2);
        }
}

TEST_CASE("attention: a plan that lists every block is no plan, to the last bit; one that lists none gives zeros") {
  const Case c{2, 4, 2, 203, 203, 32};
  const auto inputs = inputs_of(c, at::kFloat);
  AttentionArguments options;
  options.causal = true;
  const auto plain = kernels::fused_attention(arguments(inputs, options));
  options.plan.block = 64;
  options.plan.key_blocks = at::arange(4, at::kInt).expand({1, 1, 4, 4});
  const auto all = kernels::fused_attention(arguments(inputs, options));
  CHECK((all.out.equal(plain.out) && all.log_sum_exp.equal(plain.log_sum_exp)));
  options.plan.key_blocks = at::full({1, 1, 4, 2}, -1, at::kInt);
  CHECK(kernels::fused_attention(arguments(inputs, options)).out.eq(0).all().item<bool>());
  options.plan.key_blocks = at::zeros({1, 1, 4, 2}, at::kInt);
  CHECK_THROWS_WITH(kernels::fused_attention(arguments(inputs, options)), Catch::Contains("ascending"));
  options.plan.key_blocks = at::zeros({1, 1, 3, 2}, at::kInt);
  CHECK_THROWS_WITH(kernels::fused_attention(arguments(inputs, options)), Catch::Contains("[key plan]"));
}

TEST_CASE("attention: what is no number stays none, and only where it is seen") {
  for (const std::int64_t queries : {20, 3}) {
    AttentionArguments options;
    options.causal = true;
    const auto inputs = inputs_of({1, 2, 2, queries, 20, 16}, at::kFloat);
    const at::NoGradGuard no_grad;
    inputs[0][0][0][queries - 3].fill_(NAN);
    inputs[1][0][1][18].fill_(NAN);
    const auto got = kernels::fused_attention(arguments(inputs, options)).out,
               expected = kernels::reference_attention(arguments(inputs, options)).out;
    CHECK(got.isnan().equal(expected.isnan()));
    CHECK(got.isnan().any(3).sum().item<std::int64_t>() == 3);
    options.key_valid = at::arange(20).unsqueeze(0) != 18;
    CHECK(kernels::fused_attention(arguments(inputs, options)).out.isnan().any(3).sum().item<std::int64_t>() == 1);
  }
}

TEST_CASE("attention: the reference agrees with ATen and with finite differences") {
  const auto x = inputs_of({2, 3, 3, 6, 6, 8}, at::kDouble);
  AttentionArguments options;
  options.causal = true;
  options.scale = 1 / std::sqrt(8.0);
  CHECK(difference(kernels::reference_attention(arguments(x, options)).out,
                   at::scaled_dot_product_attention(x[0], x[1], x[2], {}, 0.0, true)) < 1e-12);
  options.dropout = make_dropout(0.2);
  options.key_valid = some_keys(2, 6);
  require_gradient([&](auto& y) { return kernels::reference_attention(arguments(y, options)).out; },
                   inputs_of({2, 2, 1, 4, 6, 4}, at::kDouble));
}

TEST_CASE("attention: causal is aligned at the end, so a cache of past keys needs no offset") {
  const auto x = inputs_of({1, 2, 2, 9, 9, 16}, at::kFloat);
  AttentionArguments options;
  options.causal = true;
  const at::Tensor whole = kernels::fused_attention(arguments(x, options)).out;
  const at::Tensor last = kernels::fused_attention(arguments({x[0].slice(2, 7), x[1], x[2]}, options)).out;
  CHECK(difference(last, whole.slice(2, 7)) < 1e-6);
}

TEST_CASE("attention: packed projections give the same values and one gradient") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const std::int64_t B = 2, T = 11, S = 6, N = 4, M = 2, H = 8;
    AttentionArguments options;
    options.causal = true;
    options.dropout = make_dropout(0.1);
    const double tolerance = type == at::kFloat ? 1e-5 : 2e-2;
    const auto heads = [&](const at::Tensor& x, std::int64_t first, std::int64_t n) {
      return x.slice(2, first * H, (first + n) * H).unflatten(2, {n, H}).transpose(1, 2);
    };
    require_same(
        [&](auto& x) {
          return kernels::fused_self_attention(x[0], {N, M}, options).out;
        },
        [&](auto& x) {
          return kernels::reference_attention(
                     arguments({heads(x[0], 0, N), heads(x[0], N, M), heads(x[0], N + M, M)}, options))
              .out;
        },
        {random({B, T, (N + 2 * M) * H}, type)}, tolerance);
    options.causal = false;
    options.key_valid = some_keys(B, S);
    require_same(
        [&](auto& x) {
          return kernels::fused_cross_attention(x[0], x[1], {N, M}, options).out;
        },
        [&](auto& x) {
          return kernels::reference_attention(
                     arguments({heads(x[0], 0, N), heads(x[1], 0, M), heads(x[1], M, M)}, options))
              .out;
        },
        {random({B, T, N * H}, type), random({B, S, 2 * M * H}, type)}, tolerance);
  }
}

TEST_CASE("attention: scores of ten thousand stay finite, a row without keys is zero and passes no gradient") {
  auto x = inputs_of({2, 2, 2, 5, 6, 8}, at::kFloat);
  AttentionArguments options;
  options.scale = 1e4;
  options.key_valid = at::ones({2, 6}, at::kBool);
  options.key_valid[1].fill_(false);
  const at::Tensor out = kernels::fused_attention(arguments(x, options)).out;
  CHECK(at::isfinite(out).all().item<bool>());
  CHECK(out[1].abs().max().item<float>() == 0.0f);
  for (const at::Tensor& gradient : torch::autograd::grad({out.sum()}, x)) {
    CHECK(at::isfinite(gradient).all().item<bool>());
    CHECK(gradient[1].abs().max().item<float>() == 0.0f);
  }
}

TEST_CASE("attention: padding changes nothing, dropout included") {
  const auto x = inputs_of({2, 2, 2, 7, 7, 16}, at::kFloat);
  AttentionArguments options;
  options.dropout = make_dropout(0.3);
  const at::Tensor small = kernels::fused_attention(arguments(x, options)).out;
  std::vector<at::Tensor> wide;
  for (const at::Tensor& t : x) wide.push_back(at::constant_pad_nd(t.detach(), {0, 0, 0, 13}, 3.0));
  options.key_valid = at::arange(20).lt(7).expand({2, 20});
  CHECK(difference(kernels::fused_attention(arguments(wide, options)).out.slice(2, 0, 7), small) < 1e-6);
}
