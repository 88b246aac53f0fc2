// Frequencies, rotations, slopes and buckets against tests/golden/positions.safetensors, written by
// scripts/goldens/positions.py, which also says where they come from.
#include <torch/types.h>

#include "attend/position/alibi.h"
#include "attend/position/relative_t5.h"
#include "attend/position/rotary.h"
#include "tests/golden/golden.h"

using namespace attend;
using namespace attend::test;

namespace {

const NamedTensors& golden() { return golden_tensors("positions"); }

// What stands between `first` and `last` in the names of the file, once each.
std::vector<std::string> names_between(const std::string& first, const std::string& last) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : golden())
    if (name.starts_with(first) && name.ends_with(last))
      names.push_back(name.substr(first.size(), name.size() - first.size() - last.size()));
  REQUIRE(!names.empty());
  return names;
}

// "yarn.plain": the kind of scaling, then a name for the numbers, which the file holds in this order.
struct Rope {
  RopeOptions config;
  std::int64_t head_size;
};

Rope rope_of(const std::string& name) {
  const at::Tensor numbers = golden().at("rope/" + name + "/config");
  const double* x = numbers.data_ptr<double>();
  Rope rope;
  rope.head_size = static_cast<std::int64_t>(x[0]);
  rope.config.base = x[1];
  rope.config.fraction = x[2];
  auto& scaling = rope.config.scaling;
  scaling.choose(value_of<RopeScalingType>(name.substr(0, name.find('.'))).value());
  std::visit(
      [&](auto& chosen) {
        if constexpr (requires { chosen.factor; }) chosen.factor = x[3];
        if constexpr (requires { chosen.original_length; }) chosen.original_length = static_cast<std::int64_t>(x[4]);
      },
      scaling.options);
  if (auto* yarn = scaling.find<YarnScaling>()) yarn->beta_fast = x[5], yarn->beta_slow = x[6];
  if (auto* llama = scaling.find<Llama3Scaling>())
    llama->low_frequency_factor = x[7], llama->high_frequency_factor = x[8];
  return rope;
}

// "half.7": how much of a head of eight turns, or with which scaling, and the position of the first row.
RopeOptions rotation_of(const std::string& kind, RopePairing pairing) {
  RopeOptions config;
  if (kind == "yarn") config = rope_of("yarn.small").config;
  config.pairing = pairing;
  config.fraction = kind == "half" ? 0.5 : 1.0;
  return config;
}

// "two_sided.8.20": the side, how many buckets, the distance where the last one begins or has long begun.
struct Buckets {
  bool two_sided;
  std::int64_t count, longest;
  std::int64_t of(std::int64_t distance) const { return t5_bucket(distance, two_sided, count, longest); }
};

Buckets buckets_of(const std::string& name) {
  const auto first = name.find('.'), second = name.find('.', first + 1);
  return {name.substr(0, first) == "two_sided", std::stoll(name.substr(first + 1)),
          std::stoll(name.substr(second + 1))};
}

}  // namespace

TEST_CASE("golden: rope's frequencies and attention factor are the papers' under every scaling") {
  for (const auto& name : names_between("rope/", "/config")) {
    INFO(name);
    const Rope rope = rope_of(name);
    const auto got = rope_frequencies(rope.config, rope.head_size);
    const at::Tensor expected = golden().at("rope/" + name + "/inverse");
    CHECK(apart(got.inverse / expected, at::ones_like(expected)) <= 1e-12);
    CHECK(got.attention_factor ==
          Approx(golden().at("rope/" + name + "/attention").item<double>()).epsilon(1e-12));
  }
}

TEST_CASE("golden: rope turns halves and neighbours, whole and half heads, near and far from the start") {
  const at::Tensor x = pattern("rotated", {1, 5, 2, 8}).flatten(2);
  for (const auto pairing : values_of<RopePairing>()) {
    const std::string prefix = "rotated/" + std::string(name_of(pairing)) + ".";
    for (const auto& name : names_between(prefix, "")) {
      INFO(prefix << name);
      const auto dot = name.find('.');
      Rotary rotary(rotation_of(name.substr(0, dot), pairing), 8);
      const std::int64_t first = std::stoll(name.substr(dot + 1));
      const at::Tensor expected = golden().at(prefix + name).flatten(2);
      for (const auto type : {torch::kFloat32, torch::kFloat64})
        CHECK(apart(rotary.apply(x.to(type), 2, first), expected) <= 1e-6);
    }
  }
}

TEST_CASE("golden: ALiBi's slopes are the paper's, for powers of two and other numbers of heads") {
  for (const auto& heads : names_between("alibi/", "")) {
    INFO(heads << " heads");
    CHECK(apart(torch::tensor(alibi_slopes(std::stoll(heads)), torch::kFloat64),
                golden().at("alibi/" + heads)) <= 1e-15);
  }
}

TEST_CASE("golden: T5's buckets are the package's at every distance up to 300, two-sided and causal") {
  for (const auto& name : names_between("t5/", "/buckets")) {
    const Buckets buckets = buckets_of(name);
    const at::Tensor expected = golden().at("t5/" + name + "/buckets").to(torch::kInt64);
    const std::int64_t farthest = expected.numel() / 2;
    for (std::int64_t distance = -farthest; distance <= farthest; ++distance) {
      INFO(name << ", key - query = " << distance);
      REQUIRE(buckets.of(distance) == expected[distance + farthest].item<std::int64_t>());
    }
  }
}

TEST_CASE("golden: each of T5's buckets begins where whole-number arithmetic says") {
  for (const auto& name : names_between("t5/", "/edges")) {
    const Buckets buckets = buckets_of(name);
    const at::Tensor edges = golden().at("t5/" + name + "/edges");
    for (std::int64_t bucket = 1; bucket < edges.numel(); ++bucket) {
      INFO(name << ", bucket " << bucket);
      const std::int64_t edge = edges[bucket].item<std::int64_t>();
      CHECK(buckets.of(-edge) >= bucket);
      CHECK(buckets.of(1 - edge) < bucket);
      if (buckets.two_sided) CHECK(buckets.of(edge) == buckets.of(-edge) + buckets.count / 2);
      if (!buckets.two_sided) CHECK(buckets.of(edge) == 0);
    }
  }
}
