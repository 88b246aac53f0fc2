// The laws of attention that are about numbers: equal to the definition, its limits, gradients, rounding and memory.
#include "attend/nn/weighted_module.h"
#include "attend/tensor/counting_allocator.h"
#include "tests/attention/laws.h"

using namespace attend;
using namespace attend::test;

namespace {

// Equal to the oracle, values and the gradients of inputs and weights.
void require_dense(const LawCase& c, const Given& given, LawSetup setup, double tolerance) {
  const auto fast = make_subject(c, setup);
  setup.oracle = true;
  const auto plain = make_subject(c, setup);
  const auto results = [&](const Subject& subject) {
    Given own = given;
    own.x = given.x.detach().clone().requires_grad_(true);
    own.memory = given.memory.detach().clone().requires_grad_(true);
    const auto out = run(subject, own);
    torch::manual_seed(3);
    auto inputs = subject.parameters();
    inputs.push_back(c.cross() ? own.memory : own.x);
    auto all = torch::autograd::grad({(out * torch::randn(out.sizes())).sum()}, inputs, {}, std::nullopt, false,
                                     /*allow_unused=*/true);
    all.push_back(out.detach());
    return all;
  };
  const auto a = results(fast), b = results(plain);
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("tensor " << i << " of " << a.size() << ", T " << given.x.size(1) << ", heads " << setup.heads << " over "
                   << setup.kv_heads << ", window " << setup.window);
    REQUIRE(a[i].defined() == b[i].defined());
    if (a[i].defined()) REQUIRE(difference(a[i], b[i]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("laws: dense and length, equal to the definition under a boolean mask at every length") {
  for_cases("length", [](const LawCase& c) {
    for (const std::int64_t length : {1, 31, 32, 33, 127, 128, 129, 3 * 128 + 7}) {
      const auto given = make_given(1, length, length == 33 ? 1 : 70);
      require_dense(c, given, {6, 2, 40}, 5e-5);
    }
  });
}

TEST_CASE("laws: dense, two hundred random shapes of every type equal the definition") {
  std::map<AttentionType, std::vector<LawCase>> by_type;
  for (const auto& c : law_cases()) by_type[c.type].push_back(c);
  const std::pair<std::int64_t, std::int64_t> heads[] = {{6, 2}, {6, 6}, {4, 1}, {3, 3}};
  for (const auto& [type, cases] : by_type) {
    for (int trial = 0; trial < 200; ++trial) {
      const auto& c = cases[static_cast<std::size_t>(trial) % cases.size()];
      INFO(c.name() << ", trial " << trial);
      torch::manual_seed(100 + trial);
      const auto pick = [](std::int64_t low, std::int64_t high) {
        return torch::randint(low, high + 1, {1}).item<std::int64_t>();
      };
      const auto rows = pick(1, 4), length = pick(1, 45), memory = c.cross() ? pick(1, 45) : 1, left = pick(0, 1);
      const auto [N, M] = heads[static_cast<std::size_t>(pick(0, 3))];
      LawSetup setup{N, M, pick(1, 50)};
      if (type == AttentionType::full && trial % 5 == 0) setup.softcap = 2;
      if (trial % 4 == 0) setup.feature_map = FeatureMap::relu;
      if (trial % 3 == 0) setup.qk_norm = trial % 2 ? QkNorm::l2 : QkNorm::rms;
      Given given = make_given(rows, length, memory);
      const auto keys = keys_of(given, c).size(1);
      if (pick(0, 2) > 0) {
        const auto real = torch::randint(1, keys + 1, {rows, 1}), place = torch::arange(keys).unsqueeze(0);
        given.key_valid = left ? place >= keys - real : place < real;
      } else if (!c.cross()) {
        given.segments = torch::randint(0, 4, {rows, length}).eq(0).cumsum(1);
      }
      if (!c.cross() && given.key_valid.defined()) given.positions = (given.key_valid.cumsum(1) - 1).clamp_min(0);
      // Linear attention divides by a sum of features, which relu may leave near zero: then rounding weighs more.
      require_dense(c, given, setup, type == AttentionType::linear ? 2e-4 : 5e-5);
      kept_laws()[c.name()].insert("dense");
    }
  }
}

TEST_CASE("laws: empty, a row that sees nothing gives zeros and no gradient") {
  for_cases("empty", [](const LawCase& c) {
    for (const auto implementation : {AttentionImplementation::automatic, AttentionImplementation::reference}) {
      LawSetup setup;
      setup.implementation = implementation;
      const auto subject = make_subject(c, setup);
      Given given = make_given(3, 5);
      given.x.requires_grad_(true);
      keys_of(given, c).requires_grad_(true);
      given.key_valid = torch::ones({3, keys_of(given, c).size(1)}, torch::kBool);
      given.key_valid[1].fill_(false);
      const auto out = run(subject, given);
      REQUIRE(out[1].eq(0).all().item<bool>());
      const auto gradients = torch::autograd::grad({out.square().sum()}, {given.x, keys_of(given, c)});
      for (const auto& gradient : gradients) {
        REQUIRE(gradient.isfinite().all().item<bool>());
        REQUIRE(gradient[1].eq(0).all().item<bool>());
      }
      REQUIRE(gradients[1][0].ne(0).any().item<bool>());
    }
  });
}

TEST_CASE("laws: limit, a window over everything is full attention, and schemes without weight are none") {
  for_cases("limit", [](const LawCase& c) { return c.type == AttentionType::sliding_window; }, [](const LawCase& c) {
    const Given given = make_given(2, 37);
    const auto full = make_subject({AttentionType::full, c.use, c.position}), window = make_subject(c, {6, 2, 37});
    REQUIRE(difference(run(window, given), run(full, given)) <= 1e-6);
    if (!c.causal()) return;
    const auto alone = make_subject(c, {6, 2, 1});  // every token sees itself: values alone
    Given first = given;
    first.x = given.x.narrow(1, 0, 1);
    REQUIRE(difference(run(alone, given).narrow(1, 0, 1), run(alone, first)) <= 1e-6);
  });
  const auto weighted = [](const LawCase& c) {
    return c.position == PositionType::relative_t5 || c.position == PositionType::relative_shaw ||
           c.position == PositionType::relative_xl;
  };
  for_cases("limit", weighted, [](const LawCase& c) {
    const Given given = make_given(2, 21);
    const auto subject = make_subject(c), plain = make_subject({c.type, c.use, PositionType::none});
    torch::NoGradGuard no_grad;
    const auto from = subject.mixer->named_parameters();
    for (auto& weight : plain.mixer->named_parameters()) weight.value().copy_(from[weight.key()]);
    REQUIRE(difference(run(subject, given), run(plain, given)) > 1e-3);
    for (auto& item : subject.mixer->named_parameters())
      if (item.key().starts_with("positions")) item.value().zero_();
    for (auto& weight : subject.stack->parameters()) weight.zero_();
    REQUIRE(difference(run(subject, given), run(plain, given)) <= 1e-6);
  });
}

TEST_CASE("laws: gradient, central differences in double") {
  for_cases("gradient", [](const LawCase& c) {
    auto subject = make_subject(c);
    subject.to(at::kDouble);
    Given given = make_given(2, 9);
    given.x = given.x.to(at::kDouble).requires_grad_(true);
    given.memory = given.memory.to(at::kDouble).requires_grad_(true);
    given.key_valid = torch::ones({2, keys_of(given, c).size(1)}, torch::kBool);
    given.key_valid[0][-1] = false;
    const auto f = [&](const std::vector<at::Tensor>& in) {
      Given other = given;
      keys_of(other, c) = in[0];
      return run(subject, other);
    };
    require_gradient(f, {keys_of(given, c)});
  });
}

TEST_CASE(
    "laws: precision, bfloat16 costs at most twice the error of plain operations in bfloat16, thrice in gradients") {
  for_cases("precision", [](const LawCase& c) {
    const Given given = make_given(4, 31, 37);
    const auto direction = torch::randn(given.x.sizes(), torch::kDouble);
    const auto results = [&](const Subject& subject, at::ScalarType type) {
      Given own = given;
      own.x = given.x.to(type).requires_grad_(true);
      own.memory = given.memory.to(type).requires_grad_(true);
      const auto out = run(subject, own).to(at::kDouble);
      auto all = torch::autograd::grad({(out * direction).sum()}, {keys_of(own, c)});
      all.push_back(out.detach());
      return all;
    };
    auto wide = make_subject(c, {6, 2, 5, AttentionImplementation::reference});
    wide.to(at::kDouble);
    const auto exact = results(wide, at::kDouble);
    const auto errors = [&](bool plain) {
      LawSetup setup;
      setup.oracle = plain;
      const auto subject = make_subject(c, setup);
      cast_working_copies(*subject.mixer, at::kBFloat16);
      auto found = results(subject, at::kFloat);
      std::vector<double> norms;
      for (std::size_t i = 0; i < found.size(); ++i)
        norms.push_back((found[i].to(at::kDouble) - exact[i]).norm().item<double>());
      return norms;
    };
    const auto ours = errors(false), plain = errors(true);
    REQUIRE(ours[0] <= 3 * plain[0]);
    REQUIRE(ours[1] <= 2 * plain[1]);
  });
}

namespace {

struct Bytes {
  double peak, largest;
};

Bytes bytes_of(const LawCase& c, std::int64_t length) {
  LawSetup setup{6, 2, 64};
  setup.max_length = length;
  const auto subject = make_subject(c, setup);
  Given given = make_given(1, length, c.cross() ? length : 1);
  keys_of(given, c).requires_grad_(true);
  const CountingAllocator counter;
  run(subject, given).sum().backward();
  return {static_cast<double>(counter.peak()), static_cast<double>(counter.largest())};
}

}  // namespace

TEST_CASE("laws: memory, what is sparse never holds queries by keys, and grows with the length") {
  for_cases("memory", [](const LawCase& c) { return c.abilities().sparse; }, [](const LawCase& c) {
    const Bytes half = bytes_of(c, 8192), whole = bytes_of(c, 16384);
    REQUIRE(whole.peak < 2.6 * half.peak);
    REQUIRE(whole.largest < 16384.0 * 16384.0 / 8 * 4);
    // Fused, and in chunks, less in all than one such allocation.
    if (kind_of(c.position) != PositionKind::relative_scores) REQUIRE(whole.peak < 16384.0 * 16384.0 / 8 * 4);
  });
}

TEST_CASE("laws: memory, fused full attention grows with the length too") {
  const auto fused = [](const LawCase& c) {
    return c.type == AttentionType::full && kind_of(c.position) != PositionKind::relative_scores;
  };
  for_cases("memory", fused, [](const LawCase& c) { REQUIRE(bytes_of(c, 4096).peak < 2.6 * bytes_of(c, 2048).peak); });
}
