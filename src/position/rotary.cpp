// Rotary positions (Su et al. 2021): pair m of each query and key turns by the angle p theta_m, so scores depend on
// differences of positions alone; values stay.
//   theta_m = base^(-2m/R), m = 0 .. R/2 - 1, R = fraction * H features turn
//   halves: pair (m, m + R/2)          interleaved: pair (2m, 2m + 1)
// Scaling, for sequences `factor` times as long as those of training:
//   linear  theta / factor (Chen et al. 2023)
//   ntk     base factor^(R / (R - 2)), static, so that cached keys stay valid
//   yarn    (Peng et al. 2023) frequencies of less than beta_slow turns over original_length are divided by factor,
//           those of more than beta_fast turns kept, a ramp over m between; turned vectors grow by 0.1 ln(factor) + 1
//   llama3  wavelengths over original_length / low_frequency_factor are stretched by factor, those under
//           original_length / high_frequency_factor kept, a ramp over turns between
// Cost: B T (N + M) R. Limits: R even. Angles are computed in double, turned in float.
#include "attend/position/rotary.h"

#include <c10/core/InferenceMode.h>
#include <torch/types.h>

#include <cmath>
#include <numbers>

#include "attend/kernels/rotary.h"

namespace attend {
namespace {

// The pair whose frequency turns `turns` times over the original length, as a real number.
double pair_of_turns(double turns, const RopeOptions& rope, double size) {
  const auto length = static_cast<double>(rope.scaling.as<YarnScaling>().original_length);
  return size * std::log(length / (turns * 2 * std::numbers::pi)) / (2 * std::log(rope.base));
}

// What is known when frequencies are scaled: the options, the plain frequencies and how many features turn.
struct Plain {
  const RopeOptions& rope;
  const at::Tensor& inverse;
  std::int64_t size;
};

at::Tensor with_base(double base, std::int64_t size) {
  return torch::pow(base, torch::arange(0, size, 2, torch::kFloat64) / -static_cast<double>(size));
}

// One overload a scaling: a scaling without one does not compile.
RopeFrequencies scaled(const NoScaling&, const Plain& plain) { return {plain.inverse}; }

RopeFrequencies scaled(const LinearScaling& scaling, const Plain& plain) { return {plain.inverse / scaling.factor}; }

RopeFrequencies scaled(const NtkScaling& scaling, const Plain& plain) {
  const auto R = static_cast<double>(plain.size);
  return {with_base(plain.rope.base * std::pow(scaling.factor, R / (R - 2)), plain.size)};
}

RopeFrequencies scaled(const YarnScaling& scaling, const Plain& plain) {
  const auto R = static_cast<double>(plain.size);
  const double low = std::max(std::floor(pair_of_turns(scaling.beta_fast, plain.rope, R)), 0.0);
  double high = std::min(std::ceil(pair_of_turns(scaling.beta_slow, plain.rope, R)), R - 1);
  if (high == low) high += 0.001;
  const auto part = ((torch::arange(plain.size / 2, torch::kFloat64) - low) / (high - low)).clamp(0, 1);
  return {plain.inverse * (1 - part) + plain.inverse / scaling.factor * part,
          scaling.factor > 1 ? 0.1 * std::log(scaling.factor) + 1 : 1};
}

RopeFrequencies scaled(const Llama3Scaling& scaling, const Plain& plain) {
  const auto turns = plain.inverse * (static_cast<double>(scaling.original_length) / (2 * std::numbers::pi));
  const auto kept =
      ((turns - scaling.low_frequency_factor) / (scaling.high_frequency_factor - scaling.low_frequency_factor))
          .clamp(0, 1);
  return {plain.inverse * kept + plain.inverse / scaling.factor * (1 - kept)};
}

}  // namespace

RopeFrequencies rope_frequencies(const RopeOptions& rope, std::int64_t head_size) {
  const std::int64_t size = rotary_size(rope, head_size);
  const auto plain = with_base(rope.base, size);
  return std::visit([&](const auto& scaling) { return scaled(scaling, Plain{rope, plain, size}); },
                    rope.scaling.options);
}

Rotary::Rotary(const RopeOptions& rope, std::int64_t head_size)
    : pairing_(rope.pairing), head_size_(head_size), frequencies_(rope_frequencies(rope, head_size)) {}

at::Tensor Rotary::table(std::int64_t positions, at::Device device) const {
  const std::lock_guard lock(growing_);
  if (!table_.defined() || table_.size(0) < positions || table_.device() != device) {
    std::int64_t capacity = table_.defined() ? table_.size(0) : 256;
    while (capacity < positions) capacity *= 2;
    const c10::InferenceMode off(false);  // what decoding makes here, training uses
    const auto angles = torch::arange(capacity, torch::kFloat64).unsqueeze(1) * frequencies_.inverse;
    table_ = torch::cat({angles.cos(), angles.sin()}, 1).to(device);
  }
  return table_;
}

at::Tensor Rotary::rotated(const at::Tensor& x, std::int64_t heads, std::int64_t first, double factor) const {
  const auto type = x.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  auto turns = table(first + x.size(1), x.device()).narrow(0, first, x.size(1));
  if (factor != 1) turns = turns * factor;
  return kernels::rotate(x, turns.to(type), {heads, head_size_, pairing_ == RopePairing::interleaved});
}

at::Tensor Rotary::apply(const at::Tensor& x, std::int64_t heads, std::int64_t first) const {
  return rotated(x, heads, first, frequencies_.attention_factor);
}

at::Tensor Rotary::turn(const at::Tensor& x, std::int64_t heads, std::int64_t first) const {
  return rotated(x, heads, first, 1);
}

}  // namespace attend
