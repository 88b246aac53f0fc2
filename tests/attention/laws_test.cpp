// The laws of attention, over every type x use x position that exists: a new row of kAttentionAbilities or
// kPositionTypes is tested the day it appears. Here: who sees whom, and states; in laws_numerics_test.cpp: numbers. The
// last case prints which were run.
#include <cstdio>

#include "attend/checkpoint/tensor_file.h"
#include "tests/attention/laws.h"
#include "tests/support/scratch.h"

using namespace attend;
using namespace attend::test;

TEST_CASE("laws: prefix, later tokens change nothing before them") {
  for_cases("prefix", [](const LawCase& c) { return c.causal(); }, [](const LawCase& c) {
    const auto subject = make_subject(c);
    const Given given = make_given(2, 73);
    const auto whole = run(subject, given);
    for (const std::int64_t t : {1, 6, 40, 72}) {
      Given other = given;
      other.x = given.x.clone();
      other.x.narrow(1, t, 73 - t).normal_(0, 10);
      REQUIRE(difference(run(subject, other).narrow(1, 0, t), whole.narrow(1, 0, t)) <= 1e-6);
    }
  });
}

TEST_CASE("laws: padding on either side changes no real output and gets no gradient") {
  for_cases("padding", [](const LawCase& c) {
    for (const bool left : {false, true}) {
      INFO((left ? "left" : "right"));
      const auto subject = make_subject(c);
      Given given = make_given(2, 7);
      const auto plain = run(subject, given);
      const auto keys = keys_of(given, c);
      const auto junk = torch::randn({2, 3, kModel}) * 10;
      const auto longer = (left ? torch::cat({junk, keys}, 1) : torch::cat({keys, junk}, 1)).requires_grad_(true);
      const std::int64_t length = keys.size(1), first = left ? 3 : 0;
      keys_of(given, c) = longer;
      given.key_valid = first_valid(2, length + 3, 3, left);
      const auto out = run(subject, given);
      const auto real = c.cross() ? out : out.narrow(1, first, length);
      REQUIRE(difference(real, plain) <= 1e-5);
      const auto gradient = torch::autograd::grad({(real * torch::randn(real.sizes())).sum()}, {longer})[0];
      REQUIRE(gradient.narrow(1, left ? 0 : length, 3).eq(0).all().item<bool>());
      REQUIRE(gradient.narrow(1, first, length).ne(0).any().item<bool>());
    }
  });
}

TEST_CASE("laws: cache, prefill and then pieces equal one pass, left padding included") {
  torch::NoGradGuard no_grad;
  const std::int64_t piece = GENERATE(1, 3, 7);
  const auto stepwise = [](const LawCase& c) { return c.use != AttentionUse::encoder_self; };
  for_cases("cache", stepwise, [&](const LawCase& c) {
    for (const bool padded : {false, true}) {
      const auto subject = make_subject(c);
      Given given = make_given(3, 300);
      if (padded && !c.cross()) given.key_valid = first_valid(3, 300, 4, true);
      const auto whole = run(subject, given);
      const auto state = subject.mixer->make_state({3, 1, 2});
      const auto at = [&](std::int64_t first, std::int64_t count) {
        Given part = given;
        part.x = given.x.narrow(1, first, count);
        if (!given.key_valid.defined()) return part;
        part.key_valid = given.key_valid.narrow(1, first, count);
        part.positions = (given.key_valid.cumsum(1) - 1).clamp_min(0).narrow(1, first, count);
        return part;
      };
      for (std::int64_t t = 0, count = 11; t < 300; t += count, count = std::min(piece, 300 - t)) {
        const auto out = run(subject, at(t, count), state.get()), due = whole.narrow(1, t, count);
        const std::int64_t skipped = given.key_valid.defined() && t == 0 ? 4 : 0;  // padding's own rows
        REQUIRE(difference(out.narrow(1, skipped, count - skipped), due.narrow(1, skipped, count - skipped)) <= 1e-5);
      }
      REQUIRE(state->bytes() > 0);
    }
  });
}

TEST_CASE("laws: cache, a window's state forgets a long prompt") {
  torch::NoGradGuard no_grad;
  for_cases(
      "cache", [](const LawCase& c) { return c.causal() && c.type == AttentionType::sliding_window; },
      [](const LawCase& c) {
        const auto subject = make_subject(c);
        const auto state = subject.mixer->make_state({1, 1, 3000});
        for (const std::int64_t length : {2000, 1, 100}) run(subject, make_given(1, length), state.get());
        // bytes: k and v, 2 heads of 4 floats
        constexpr std::int64_t kRoom = 2 * (5 + KeyValueState::kRollbackRoom), kPlace = 2 * 2 * 4 * 4;
        REQUIRE(state->bytes() <= 2 * kRoom * kPlace);
      });
}

TEST_CASE("laws: beam, states follow their rows, and a rollback restores them") {
  torch::NoGradGuard no_grad;
  const std::int64_t before = GENERATE(3, 150);  // with 150, a window has let places go
  const std::int64_t memory = GENERATE(0, 256);  // of hidden states, which relative_xl alone may have
  const auto remembers = [&](const LawCase& c) {
    return c.causal() && (memory == 0 || c.position == PositionType::relative_xl);
  };
  for_cases("beam", remembers, [&](const LawCase& c) {
    LawSetup setup;
    setup.memory_length = memory;
    const auto subject = make_subject(c, setup);
    const Given given = make_given(3, before + 6);
    const auto piece = [&](std::int64_t first, std::int64_t count, const at::Tensor& rows) {
      Given part = given;
      part.x = given.x.narrow(1, first, count).index_select(0, rows);
      return part;
    };
    const auto all = torch::tensor({0, 1, 2}, torch::kLong), moved = torch::tensor({2, 0, 0, 1}, torch::kLong);
    const auto state = subject.mixer->make_state({3, 1, 2});
    run(subject, piece(0, before, all), state.get());
    state->reorder(moved);
    const Mark mark = state->mark();
    run(subject, piece(before + 2, 4, moved), state.get());  // tried in vain, past the capacity
    state->rollback(mark);
    Given whole = given;
    whole.x = given.x.index_select(0, moved);
    REQUIRE(difference(run(subject, piece(before, 6, moved), state.get()), run(subject, whole).narrow(1, before, 6)) <=
            1e-5);
  });
  for_cases("beam", [](const LawCase& c) { return c.cross(); }, [](const LawCase& c) {
    const auto subject = make_subject(c);
    const Given given = make_given(3, 2);
    const auto state = subject.mixer->make_state({3, 1, 2});
    run(subject, given, state.get());
    // two beams each
    const auto kept = torch::tensor({0, 2}, torch::kLong), rows = torch::tensor({0, 0, 2, 2}, torch::kLong);
    state->keep(kept);
    Given beams = given;
    beams.x = given.x.index_select(0, rows);
    beams.memory = given.memory.index_select(0, rows);
    const auto due = run(subject, beams);
    beams.memory = at::Tensor();
    REQUIRE(difference(run(subject, beams, state.get()), due) <= 1e-5);
  });
}

TEST_CASE("laws: distance, scores of schemes that act in a layer depend on differences of positions alone") {
  const auto in_layer = [](const LawCase& c) { return c.causal() && kind_of(c.position) != PositionKind::input; };
  for_cases("distance", in_layer, [](const LawCase& c) {
    torch::NoGradGuard no_grad;
    const auto subject = make_subject(c);
    const Given given = make_given(2, 12);
    Given later = given;  // the same tokens behind others that nobody may see
    later.x = torch::cat({torch::randn({2, 1000, kModel}), given.x}, 1);
    later.key_valid = first_valid(2, 1012, 1000, true);
    REQUIRE(difference(run(subject, later).narrow(1, 1000, 12), run(subject, given)) <= 1e-4);
  });
}

TEST_CASE("laws: segments, no token sees another document, and none gets its gradient") {
  const auto packs = [](const LawCase& c) { return !c.cross(); };
  for_cases("segments", packs, [](const LawCase& c) {
    const auto subject = make_subject(c);
    Given given = make_given(1, 40);
    given.x.requires_grad_(true);
    given.segments = torch::cat({torch::zeros({1, 17}, torch::kLong), torch::ones({1, 23}, torch::kLong)}, 1);
    given.positions = torch::cat({torch::arange(17), torch::arange(23)}).unsqueeze(0);
    const auto out = run(subject, given);
    Given alone = make_given(1, 40);
    alone.x = given.x.detach().narrow(1, 17, 23);
    REQUIRE(difference(out.narrow(1, 17, 23), run(subject, alone)) <= 1e-5);
    const auto gradient = torch::autograd::grad({out.narrow(1, 17, 23).square().sum()}, {given.x})[0];
    REQUIRE(gradient.narrow(1, 0, 17).eq(0).all().item<bool>());
  });
}

TEST_CASE("laws: seed, equal seeds give equal outputs, and so do saved and loaded weights") {
  for_cases("seed", [](const LawCase& c) {
    LawSetup setup;
    setup.dropout = 0.3;
    const auto drawn = [&](const Subject& subject, std::uint64_t seed) {
      Given given = make_given(2, 40);
      given.context.training = true;
      given.context.draws = {seed, 1, 0};
      return run(subject, given);
    };
    const auto subject = make_subject(c, setup);
    REQUIRE(torch::equal(drawn(subject, 1), drawn(make_subject(c, setup), 1)));
    // it drops nothing
    if (c.type != AttentionType::linear) REQUIRE_FALSE(torch::equal(drawn(subject, 1), drawn(subject, 2)));
    const auto named = [](const Subject& s) {
      NamedTensors all;
      for (const auto& module :
           {std::shared_ptr<torch::nn::Module>(s.mixer), std::shared_ptr<torch::nn::Module>(s.stack),
            std::shared_ptr<torch::nn::Module>(s.input)})
        for (const auto& item : module ? module->named_parameters() : torch::OrderedDict<std::string, at::Tensor>())
          all[concat(module->name(), ".", item.key())] = item.value();
      return all;
    };
    const Scratch scratch;
    save_tensors(scratch / "weights.safetensors", named(subject));
    const auto other = make_subject(c, setup);
    torch::NoGradGuard no_grad;
    auto weights = named(other);
    for (auto& [name, weight] : weights) weight.zero_();
    for (const auto& [name, weight] : load_tensors(scratch / "weights.safetensors")) weights.at(name).copy_(weight);
    REQUIRE(torch::equal(drawn(subject, 1), drawn(other, 1)));
  });
}

TEST_CASE("laws: batch, an output does not depend on its neighbours") {
  for_cases("batch", [](const LawCase& c) {
    const auto subject = make_subject(c);
    Given given = make_given(5, 7);
    const auto keys = keys_of(given, c).size(1);
    given.key_valid = torch::arange(keys).unsqueeze(0) < torch::tensor({7, 3, 5, 1, 6}).unsqueeze(1);
    const auto together = run(subject, given);
    for (std::int64_t row = 0; row < 5; ++row) {
      Given alone{given.x.narrow(0, row, 1), given.memory.narrow(0, row, 1), given.key_valid.narrow(0, row, 1)};
      REQUIRE(difference(run(subject, alone), together.narrow(0, row, 1)) <= 1e-5);
    }
  });
}

TEST_CASE("laws: memory of segments, segments of any length equal one pass, and nothing learns through it") {
  for_cases(
      "recurrence", [](const LawCase& c) { return c.causal() && c.position == PositionType::relative_xl; },
      [](const LawCase& c) {
        LawSetup setup;
        setup.memory_length = 64;
        const auto subject = make_subject(c, setup);
        const Given given = make_given(2, 48);
        const auto whole = run(subject, given);
        for (const std::int64_t segment : {1, 5, 16}) {
          const auto state = subject.mixer->make_state({2, 1, 2});
          for (std::int64_t t = 0; t < 48; t += segment) {
            Given part = given;
            part.x = given.x.narrow(1, t, std::min(segment, 48 - t));
            REQUIRE(difference(run(subject, part, state.get()), whole.narrow(1, t, part.x.size(1))) <= 1e-5);
          }
        }
        const auto state = subject.mixer->make_state({2, 1, 2});
        Given first = given, second = given;
        first.x = given.x.narrow(1, 0, 16).clone().requires_grad_(true);
        second.x = given.x.narrow(1, 16, 16).clone().requires_grad_(true);
        run(subject, first, state.get());
        run(subject, second, state.get()).sum().backward();
        REQUIRE_FALSE(first.x.grad().defined());
        REQUIRE(second.x.grad().ne(0).any().item<bool>());
      });
}

namespace {

// What a row of the tables promises.
std::set<std::string> due_laws(const LawCase& c) {
  std::set<std::string> due{"batch", "dense", "empty", "gradient", "length", "padding", "precision", "seed"};
  if (c.use != AttentionUse::encoder_self) due.insert({"cache", "beam"});
  if (c.causal()) due.insert("prefix");
  if (c.causal() && kind_of(c.position) != PositionKind::input) due.insert("distance");
  if (!c.cross()) due.insert("segments");
  if (c.abilities().sparse || (c.type == AttentionType::full && kind_of(c.position) != PositionKind::relative_scores))
    due.insert("memory");
  return due;
}

}  // namespace

TEST_CASE("laws: the matrix of what was run") {
  std::set<std::string> laws;
  for (const auto& [name, kept] : kept_laws()) laws.insert(kept.begin(), kept.end());
  if (laws.size() < 14) return;  // a chosen few
  for (const auto& c : law_cases()) {
    const auto& kept = kept_laws()[c.name()];
    std::string line;
    for (const auto& law : laws) line += concat(kept.contains(law) ? law : std::string(law.size(), '.'), " ");
    std::printf("  %-42s %s\n", c.name().c_str(), line.c_str());
    for (const auto& law : due_laws(c)) {
      INFO(c.name() << ": " << law);
      REQUIRE(kept.contains(law));
    }
  }
}
